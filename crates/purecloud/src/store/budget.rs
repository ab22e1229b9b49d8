//! Storage for the rate budget of a token that several processes share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Cause;
use crate::transport::Pending;

/// Keeps rate budgets for a fleet. The platform counts the calls of a token, whoever sends them: processes that share a
/// token share its budget, or they run into 429s together.
///
/// A store of your own (Redis or Valkey, a database) keeps short texts under keys and changes one in a single step. The
/// texts and what they mean are the SDK's; the keys are digests of tokens, never tokens. A text that has not changed
/// for ten minutes can be forgotten.
///
/// A call asks the store twice, before it goes out and when its answer is there. When the store fails, a warning is
/// logged and the session goes by its own budget.
pub trait BudgetStore: Send + Sync + 'static {
    /// Replaces the text under `key` by what `change` makes of it (`None` when there is none yet), without anybody in
    /// between: in a transaction, or by comparing and trying again. `change` may be called more than once; the last
    /// call is the one that counts.
    fn update<'a>(&'a self, key: &'a str, change: BudgetChange<'a>) -> Pending<'a, Result<(), Cause>>;
}

/// The change of a text; see [`BudgetStore::update`].
pub type BudgetChange<'a> = Box<dyn FnMut(Option<&str>) -> String + Send + 'a>;

/// One budget for several sessions of this process. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct SharedBudget(Arc<Mutex<HashMap<String, String>>>);

impl BudgetStore for SharedBudget {
    fn update<'a>(&'a self, key: &'a str, mut change: BudgetChange<'a>) -> Pending<'a, Result<(), Cause>> {
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = change(texts.get(key).map(String::as_str));
        // Tokens come and go; their budgets are worth a minute. Nobody has a thousand at a time.
        if texts.len() >= 1_000 && !texts.contains_key(key) {
            texts.clear();
        }
        texts.insert(key.to_owned(), text);
        Box::pin(std::future::ready(Ok(())))
    }
}
