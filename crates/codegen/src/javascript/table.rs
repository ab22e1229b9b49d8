//! The table of an API class: one short text that holds all its operations.
//!
//! Names come from rules that the runtime knows, so the text holds paths, parameters and the names that no rule gives.
//! The runtime's `table.ts` reads it when a class is first used; the grammar is written there.

use purecloud_definition::model::{
    LegacyTarget, ListStyle, Method, Operation, Paging, Place, Platform, Type,
};
use purecloud_definition::names;

use crate::CodegenError;
use crate::javascript::plan::{self, Class};

/// The start of most `PathTemplate`s.
const PREFIX: &str = "/api/v2/";
/// Its own singular by the naming rules, an exception that would cost the runtime more than the tables.
const ODD_SINGULAR: &str = "alias";
/// Words with a letter; those that come later are written out each time.
const LETTERS: &[u8; 52] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The table of one class.
///
/// Made of printable ASCII without quotes of the kind `"`, backslashes and `<`, so that it can stand between `"` in
/// JavaScript and within HTML, whatever the definition holds.
///
/// # Errors
/// [`CodegenError::Unsupported`] for an operation that the runtime has no way to call.
pub fn encode(platform: &Platform, class: &Class) -> Result<String, CodegenError> {
    let mut table = Table::default();
    for methods in class.methods.chunk_by(|a, b| a.operation == b.operation) {
        table.operation(platform, platform.operation(methods[0].operation), methods)?;
    }
    Ok(table.text)
}

/// The table of a class that has no older names, see [`Class::modern`]; the runtime reads it without the rule for
/// those.
///
/// # Errors
/// As those of [`encode`].
pub(crate) fn encode_modern(platform: &Platform, class: &Class) -> Result<String, CodegenError> {
    let mut table = Table { is_modern: true, ..Table::default() };
    for method in &class.methods {
        table.operation(platform, platform.operation(method.operation), std::slice::from_ref(method))?;
    }
    Ok(table.text)
}

#[derive(Default)]
struct Table<'p> {
    text: String,
    /// `true` if there are no older names.
    is_modern: bool,
    /// Of the path that was written last.
    segments: Vec<&'p str>,
    /// Those that have letters, and no more: each word is looked for in here.
    words: Vec<Word<'p>>,
}

/// A wire name, and the argument's name where the rule does not give it.
type Word<'p> = (&'p str, Option<&'p str>);

/// The facts about an argument that the runtime has.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Item<'p> {
    name: &'p str,
    wire_name: &'p str,
    /// Of its place, as the grammar has it.
    sign: &'static str,
    required: bool,
}

/// Names with the same arguments.
struct Group<'p> {
    names: Vec<&'p str>,
    items: Vec<Item<'p>>,
}

impl<'p> Table<'p> {
    fn operation(
        &mut self,
        platform: &'p Platform,
        operation: &'p Operation,
        methods: &'p [plan::Method],
    ) -> Result<(), CodegenError> {
        let mut groups: Vec<Group<'p>> = Vec::with_capacity(2);
        // Where only old programs call an operation by this class, it has no modern name there.
        let has_modern = methods[0].name == operation.name;
        for method in methods {
            if matches!(method.name.as_str(), "__proto__" | "constructor") {
                return Err(unsupported(operation, "calls of a method that every object has"));
            }
            let items: Vec<_> = method.arguments.iter().map(|argument| item(operation, argument)).collect();
            match groups.iter_mut().find(|group| group.items == items) {
                Some(group) => group.names.push(&method.name),
                None => groups.push(Group { names: vec![&method.name], items }),
            }
        }
        let first = if self.is_modern { None } else { first_items(operation, methods) };
        if has_modern {
            groups[0].names.remove(0);
        }
        self.path(&operation.path.text);
        self.text.push(sign(operation.method));
        if let Some(paging) = operation.paging {
            self.text.push('.');
            self.text.push(paging_letter(paging));
        }
        let explicit = !self.is_modern && !follows_rule(operation, has_modern, &groups);
        for (index, group) in groups.iter().enumerate() {
            if index > 0 {
                self.text.push('>');
            }
            self.items(operation, &group.items, true)?;
            self.fields(platform, operation);
            self.media(operation);
            if index == 0 && operation.name != rule_modern(operation) {
                self.name('-', &operation.name);
            }
            if index == 0 && !has_modern {
                self.name('-', "");
            }
            if explicit {
                for name in &group.names {
                    self.name('\'', name);
                }
            }
        }
        if explicit && groups.iter().all(|group| group.names.is_empty()) {
            self.name('\'', "");
        }
        if let Some(items) = first {
            self.text.push(' ');
            self.items(operation, &items, false)?;
            self.media(operation);
        }
        Ok(())
    }

    /// Writes the change from the path before to this one; nothing if they are the same.
    fn path(&mut self, path: &'p str) {
        let segments = segments_of(path);
        if segments == self.segments {
            return;
        }
        let same = segments.iter().zip(&self.segments).take_while(|(new, old)| new == old).count();
        let gone = self.segments.len() - same;
        self.text.push_str(&gone.to_string());
        for (index, &segment) in segments.iter().enumerate().skip(same) {
            let before = index.checked_sub(1).map(|index| segments[index]);
            if is_literal(segment) {
                if index > same && before.is_some_and(is_literal) {
                    self.text.push('/');
                }
                self.text.push_str(segment);
            } else if before.is_some_and(|before| {
                is_literal(before) && rule_parameter(before).as_deref() == Some(segment)
            }) {
                self.text.push('*');
            } else if is_parameter(segment) {
                self.text.push_str(segment);
            } else {
                self.quoted(segment);
            }
        }
        self.segments = segments;
    }

    /// A list of arguments, where a body that is left out is required or is not.
    fn items(
        &mut self,
        operation: &'p Operation,
        items: &[Item<'p>],
        required: bool,
    ) -> Result<(), CodegenError> {
        let in_path: Vec<&str> = parameters_of(&operation.path.text).collect();
        let (first, others) = items.split_at(in_path.len().min(items.len()));
        let mut rest = items;
        if !items.iter().any(|item| item.sign == "/") {
            // The runtime would put those of the path first.
            if !in_path.is_empty() {
                return Err(unsupported(operation, "an older name without the parameters of the path"));
            }
        } else if others.iter().all(|item| item.sign != "/")
            && first.iter().map(|item| item.wire_name).eq(in_path)
            && first.iter().all(|item| item.sign == "/" && item.required && is_rule_argument(item))
            // Names in a path are as they are; others are percent-encoded.
            && first.iter().all(|item| !item.wire_name.contains(['%', '=']))
        {
            rest = others;
        }
        let body = Item { name: "body", wire_name: "body", sign: ":", required };
        let has_body = rest.first() == Some(&body);
        if has_body {
            rest = &rest[1..];
        }
        if has_body != matches!(operation.method, Method::Post | Method::Put | Method::Patch) {
            self.text.push('@');
        }
        for item in rest {
            if item.required {
                self.text.push('&');
            }
            self.text.push_str(item.sign);
            let name = (!is_rule_argument(item)).then_some(item.name);
            self.word((item.wire_name, name));
        }
        Ok(())
    }

    /// The fields of a form that it cannot go without, and those whose items are joined. The runtime need not know
    /// others.
    fn fields(&mut self, platform: &'p Platform, operation: &'p Operation) {
        let Some((form, model)) = operation.form_fields(platform) else { return };
        for property in &model.properties {
            let joined = form.joined.contains(&property.wire_name);
            if property.required || joined {
                self.text.push_str(if property.required { "&" } else { "" });
                self.text.push(if joined { '`' } else { '%' });
                self.word((&property.wire_name, None));
            }
        }
    }

    /// The media types that are not JSON. That of a body which is a text is there in any case: the runtime would take a
    /// text that is JSON for a body which the program has written itself.
    fn media(&mut self, operation: &'p Operation) {
        // The third generation chose JSON wherever it is among the types.
        let is_json = |media: &str| media == "application/json";
        let has_json = |types: &[String]| self.is_modern && types.iter().any(|media| is_json(media));
        let odd = |types: &'p [String]| {
            types.first().map(String::as_str).filter(|media| !is_json(media) && !has_json(types))
        };
        let answer = odd(&operation.produces);
        let body = operation.parameters.iter().find(|p| matches!(p.place, Place::Body { .. }));
        let is_text = |kind: &Type| matches!(kind, Type::Text(_) | Type::Enumeration(_));
        let stated = body.and_then(|body| {
            let is_stated = is_text(&body.kind) && !self.is_modern;
            odd(&operation.consumes).or_else(|| is_stated.then_some("application/json"))
        });
        for (sign, media) in [('{', answer), ('}', stated)] {
            if let Some(media) = media {
                self.text.push(sign);
                self.word((media, None));
            }
        }
    }

    fn word(&mut self, word: Word<'p>) {
        if let Some(index) = self.words.iter().position(|known| *known == word)
            && let Some(&letter) = LETTERS.get(index)
        {
            self.text.push(char::from(letter));
            return;
        }
        if self.words.len() < LETTERS.len() {
            self.words.push(word);
        }
        self.text.push('(');
        self.percent_encoded(word.0);
        if let Some(name) = word.1 {
            self.text.push('=');
            self.percent_encoded(name);
        }
        self.text.push(')');
    }

    fn name(&mut self, sign: char, name: &str) {
        self.text.push(sign);
        self.quoted(name);
    }

    fn quoted(&mut self, text: &str) {
        self.text.push('[');
        self.percent_encoded(text);
        self.text.push(']');
    }

    /// All but what no reader of the table stumbles over.
    fn percent_encoded(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => {
                    self.text.push(char::from(byte));
                }
                _ => {
                    const HEX: &[u8; 16] = b"0123456789ABCDEF";
                    self.text.push('%');
                    self.text.push(char::from(HEX[usize::from(byte >> 4)]));
                    self.text.push(char::from(HEX[usize::from(byte & 15)]));
                }
            }
        }
    }
}

/// The arguments that a program of 2016 has for the older names of an operation, unless they are those of 2017 with
/// bodies that need not be there, which is what the runtime takes them for.
fn first_items<'p>(operation: &'p Operation, methods: &'p [plan::Method]) -> Option<Vec<Item<'p>>> {
    let (method, first) =
        methods.iter().find_map(|method| Some((method, method.first_arguments.as_ref()?)))?;
    let read = |list: &'p [plan::Argument]| -> Vec<_> {
        list.iter().map(|argument| item(operation, argument)).collect()
    };
    let first = read(first);
    let mut later = read(&method.arguments);
    for item in later.iter_mut().filter(|item| item.sign == ":") {
        item.required = false;
    }
    (first != later).then_some(first)
}

/// Returns whether the runtime's rules give these older names to these arguments.
fn follows_rule(operation: &Operation, has_modern: bool, groups: &[Group]) -> bool {
    let rule = rule_legacy(operation);
    let (last, others) = groups.split_last().expect("every operation has a name, so there is a group");
    let in_others = others.iter().skip(1).all(|group| group.names.is_empty())
        && others.first().is_none_or(|first| first.names.is_empty());
    match last.names.as_slice() {
        [name] => in_others && *name == rule,
        // One text for both names, and one list of arguments for both.
        [] => others.is_empty() && has_modern && operation.name == rule,
        _ => false,
    }
}

fn item<'p>(operation: &'p Operation, argument: &'p plan::Argument) -> Item<'p> {
    let name = argument.name.as_str();
    let (wire_name, sign) = match &argument.target {
        LegacyTarget::Parameter(index) => {
            let parameter = &operation.parameters[*index];
            let sign = match parameter.place {
                Place::Path => "/",
                // Only lists have a style worth the words.
                Place::Query { list, .. } if matches!(parameter.kind, Type::List(_)) => list_sign(list),
                Place::Query { .. } => "",
                Place::Header { .. } => "#",
                Place::Body { .. } => ":",
            };
            (parameter.wire_name.as_str(), sign)
        }
        LegacyTarget::Query { wire_name, list } => (wire_name.as_str(), list_sign(*list)),
        LegacyTarget::Dropped => (name, "$"),
    };
    Item { name, wire_name, sign, required: argument.required }
}

fn unsupported(operation: &Operation, what: &'static str) -> CodegenError {
    CodegenError::Unsupported { place: operation.origin.to_string(), what }
}

const fn list_sign(list: ListStyle) -> &'static str {
    match list {
        ListStyle::Multi => "",
        ListStyle::Comma => ";",
        ListStyle::Space => "*",
        ListStyle::Pipe => "|",
    }
}

/// The letter of a style of paging: `a` for the first of `PAGING_STYLES` in the runtime's `paging.ts`.
const fn paging_letter(paging: Paging) -> char {
    match paging {
        Paging::PageNumber => 'a',
        Paging::NextUri => 'b',
        Paging::NextPage => 'c',
        Paging::After => 'd',
        Paging::Cursor => 'e',
        Paging::Body => 'f',
        Paging::Job => 'g',
        Paging::Execution => 'h',
        Paging::Scim => 'i',
    }
}

const fn sign(method: Method) -> char {
    match method {
        Method::Get => '=',
        Method::Head => '?',
        Method::Post => '+',
        Method::Put => '^',
        Method::Patch => '~',
        Method::Delete => '!',
        Method::Options => ',',
    }
}

/// The segments below the prefix. The first one of a path that is elsewhere keeps its slash, which says so.
fn segments_of(path: &str) -> Vec<&str> {
    if let Some(relative) = path.strip_prefix(PREFIX).filter(|rest| !rest.starts_with('/')) {
        return relative.split('/').collect();
    }
    let mut segments: Vec<&str> = path.split('/').collect();
    if let ["", first, ..] = *segments {
        segments.remove(0);
        segments[0] = &path[..=first.len()];
    }
    segments
}

/// `{…}` in a path, as the runtime finds them.
fn parameters_of(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Returns whether a segment needs no brackets in the table; a digit in front would be read as a count.
fn is_literal(segment: &str) -> bool {
    is_word(segment) && !segment.starts_with(|first: char| first.is_ascii_digit())
}

fn is_parameter(segment: &str) -> bool {
    segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).is_some_and(is_word)
}

// What the runtime's rules give. They are the rules of `names` on paths of plain segments; on others the runtime is not
// trusted to agree, and every name is written out.

fn is_rule_argument(item: &Item) -> bool {
    let mut rule = names::pascal(item.wire_name);
    if let Some(first) = rule.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    item.wire_name.is_ascii() && rule == item.name
}

/// `{userId}` behind `users`; none behind the word that the runtime's rule gets wrong.
fn rule_parameter(before: &str) -> Option<String> {
    (before != ODD_SINGULAR)
        .then(|| format!("{{{}Id}}", names::singular(before).as_deref().unwrap_or(before)))
}

fn rule_modern(operation: &Operation) -> String {
    if has_plain_path(operation) { names::modern(operation.method, &operation.path) } else { String::new() }
}

fn rule_legacy(operation: &Operation) -> String {
    if has_plain_path(operation) {
        names::legacy(operation.method, &operation.path, [])
    } else {
        String::new()
    }
}

fn has_plain_path(operation: &Operation) -> bool {
    operation.path.text.strip_prefix(PREFIX).is_some_and(|relative| {
        relative.split('/').all(|segment| is_literal(segment) || is_parameter(segment))
            && !relative.starts_with('{')
            && !relative.contains(ODD_SINGULAR)
    })
}

#[cfg(test)]
mod tests {
    use purecloud_definition::model::{
        Bounds, Form, FormEncoding, LegacyName, Model, ModelId, Property, TextFormat,
    };

    use super::*;
    use crate::fixture;
    use crate::javascript::Plan;

    #[track_caller]
    fn check(change: impl FnOnce(&mut Platform), expect: &str) {
        let mut platform = fixture::platform();
        change(&mut platform);
        let plan = Plan::new(&platform).unwrap();
        assert_eq!(encode(&platform, &plan.classes[0]).unwrap(), expect);
    }

    /// Gives the bodies of the fixture a type that is not a text.
    fn any_body(platform: &mut Platform) {
        for parameter in platform.operations.iter_mut().flat_map(|operation| &mut operation.parameters) {
            if matches!(parameter.place, Place::Body { .. }) {
                parameter.kind = Type::Any;
            }
        }
    }

    #[test]
    fn what_the_rules_give_is_left_out() {
        check(any_body, "0greetings*=^(notify)>@:(body)&/(greetingId)");
    }

    #[test]
    fn a_body_that_is_a_text_says_that_it_is_json() {
        check(|_| {}, "0greetings*=^(notify)}(application%2Fjson)>@:(body)&/(greetingId)}b");
    }

    #[test]
    fn names_that_no_rule_gives_are_written_out() {
        check(
            |platform| {
                platform.operations.truncate(1);
                platform.apis[0].operations.truncate(1);
                platform.operations[0].name = "fetch".into();
                let api = platform.operations[0].legacy[0].api;
                platform.operations[0].legacy = vec![LegacyName { api, name: "a'b".into(), shipped: true }];
            },
            "0greetings*=-[fetch]'[a%27b]",
        );
        check(
            |platform| {
                platform.operations.truncate(1);
                platform.apis[0].operations.truncate(1);
                platform.operations[0].legacy.clear();
            },
            "0greetings*='[]",
        );
    }

    #[test]
    fn the_style_of_a_listing_is_a_letter_of_the_runtimes_list() {
        check(
            |platform| {
                platform.operations.truncate(1);
                platform.apis[0].operations.truncate(1);
                platform.operations[0].paging = Some(Paging::Scim);
            },
            "0greetings*=.i",
        );
        let runtime = include_str!("../../../../packages/javascript/src/paging.ts");
        let (_, list) = runtime.split_once("PAGING_STYLES = [").unwrap();
        let styles: Vec<Paging> = list
            .split(']')
            .next()
            .unwrap()
            .split(',')
            .map(|word| word.trim().trim_matches('"'))
            .filter(|word| !word.is_empty())
            .map(|word| serde_json::from_value(serde_json::Value::from(names::pascal(word))).unwrap())
            .collect();
        let letters: String = styles.iter().copied().map(paging_letter).collect();
        assert_eq!(letters, "abcdefghi");
    }

    #[test]
    fn segments_that_could_be_misread_are_quoted() {
        assert_eq!(segments_of("/api/v2/a/b"), ["a", "b"]);
        assert_eq!(segments_of("/api/v2/"), [""]);
        assert_eq!(segments_of("/api/v2//a"), ["/api", "v2", "", "a"]);
        assert_eq!(segments_of("/health/{id}"), ["/health", "{id}"]);
        let mut table = Table::default();
        for one in ["/api/v2/2fa/x/y", "/api/v2/2fa/x/{id}.json", "/health"] {
            table.path(one);
        }
        assert_eq!(table.text, "0[2fa]x/y1[%7Bid%7D.json]3[%2Fhealth]");
    }

    #[test]
    fn a_word_beyond_the_last_letter_is_written_out_each_time() {
        let names: Vec<String> = (0..53).map(|index| format!("w{index}")).collect();
        let mut table = Table::default();
        for name in names.iter().chain(&names[51..]) {
            table.word((name, None));
        }
        assert!(table.text.ends_with("(w51)(w52)Z(w52)"), "{}", table.text);
        // Every word is looked for among those before it, so a class with 60,000 of them must not keep them all.
        assert_eq!(table.words.len(), 52);
    }

    #[test]
    fn a_form_says_which_of_its_fields_are_required_or_joined() {
        check(
            |platform| {
                platform.operations.remove(0);
                platform.apis[0].operations.truncate(1);
                let field = |wire_name: &str, required| Property {
                    wire_name: wire_name.into(),
                    kind: Type::Text(TextFormat::Plain),
                    required,
                    read_only: false,
                    nullable: false,
                    deprecated: false,
                    bounds: Bounds::default(),
                    default: None,
                    description: None,
                };
                let properties =
                    vec![field("a=b", true), field("note", false), field("tags", false), field("ids", true)];
                let origin = platform.operations[0].origin.clone();
                platform.models = vec![Model {
                    name: "Form".into(),
                    wire_name: "Form".into(),
                    properties,
                    additional: None,
                    description: None,
                    origin,
                }];
                let operation = &mut platform.operations[0];
                operation.legacy.clear();
                operation.legacy_arguments = None;
                let body =
                    operation.parameters.iter_mut().find(|one| matches!(one.place, Place::Body { .. }));
                body.unwrap().kind = Type::Model(ModelId(0));
                operation.consumes = vec!["multipart/form-data".into()];
                let joined = vec!["tags".into(), "ids".into()];
                operation.form = Some(Form { encoding: FormEncoding::Multipart, joined });
            },
            "0greetings*^(notify)&%(a%3Db)`(tags)&`(ids)}(multipart%2Fform-data)'[]",
        );
    }
}
