//! A sentence for each operation: its own summary where the definition has one, otherwise one made by rule.
//!
//! The platform's published definitions describe their operations in texts that are not part of the bundled one. What
//! an operation does follows from its method and its path all the same: `PUT
//! /api/v2/notifications/channels/{channelId}/subscriptions` is "Replace the subscriptions of a notification
//! channel". The rule reads a path as nouns, each with the parameter that picks one of them, and a verb at the end
//! where there is one; the method gives the verb otherwise. Where that says something that is not so, [`exceptions`]
//! has the sentence.

mod exceptions;
mod grammar;
mod path;
mod sentence;
mod words;

use std::borrow::Cow;
use std::collections::HashSet;

use crate::model::{Operation, Platform};
use words::Dictionary;

/// The summaries of one platform's operations.
///
/// ```
/// # #[cfg(feature = "bundled")]
/// # fn main() -> Result<(), purecloud_definition::DefinitionError> {
/// let platform = purecloud_definition::bundled()?;
/// let summaries = purecloud_definition::Summaries::new(&platform);
/// let queue = platform.operations.iter().find(|operation| operation.name == "getRoutingQueue");
/// assert_eq!(queue.map(|queue| summaries.of(queue)).as_deref(), Some("Get a queue by its ID"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "bundled"))]
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Summaries<'p> {
    platform: &'p Platform,
    dictionary: Dictionary,
    /// Paths below which something is picked.
    collections: HashSet<&'p str>,
}

impl<'p> Summaries<'p> {
    /// Learns the platform's words from the names of its models, properties and parameters.
    pub fn new(platform: &'p Platform) -> Self {
        let paths = platform.operations.iter().map(|operation| operation.path.text.as_str());
        let collections = paths.filter(|path| path.ends_with('}')).filter_map(|path| path.rsplit_once('/'));
        let collections = collections.map(|(collection, _)| collection).collect();
        Self { platform, dictionary: Dictionary::of(platform), collections }
    }

    /// The summary of `operation`, on one line. The definition's own summary is untrusted text, with its line breaks
    /// made blanks; ours ends without a full stop.
    pub fn of<'o>(&self, operation: &'o Operation) -> Cow<'o, str> {
        let own = operation.summary.as_deref().map(str::trim).filter(|summary| !summary.is_empty());
        if let Some(own) = own {
            return if own.contains(char::is_control) {
                Cow::Owned(own.split_whitespace().collect::<Vec<_>>().join(" "))
            } else {
                Cow::Borrowed(own)
            };
        }
        if let Some(sentence) = exceptions::of(operation.method, &operation.path.text) {
            return Cow::Borrowed(sentence);
        }
        let has_items = self.collections.contains(operation.path.text.as_str());
        Cow::Owned(sentence::of(self.platform, &self.dictionary, operation, has_items))
    }

    /// `text`, such as `contactlists` or `userPresence`, as words: `contact lists`, `user presence`.
    pub fn words(&self, text: &str) -> String {
        self.dictionary.phrase(text)
    }
}

#[cfg(all(test, feature = "bundled"))]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn an_exception_is_about_an_operation_and_says_what_the_rule_does_not() {
        let platform = crate::bundled().unwrap();
        let summaries = Summaries::new(&platform);
        let mut left: HashSet<&str> = exceptions::keys().collect();
        let mut needless = Vec::new();
        for operation in &platform.operations {
            let key = format!("{} {}", operation.method, operation.path.text);
            if left.remove(key.as_str()) {
                let has_items = summaries.collections.contains(operation.path.text.as_str());
                let ruled = sentence::of(&platform, &summaries.dictionary, operation, has_items);
                if ruled == summaries.of(operation) {
                    needless.push(key);
                }
            }
        }
        assert!(left.is_empty(), "{left:?} are not operations");
        assert!(needless.is_empty(), "the rule gives these already: {needless:?}");
    }
}
