use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A model as the build script writes it.
struct Person {
    name: Option<String>,
    age: Option<i64>,
    score: Option<f64>,
    active: Option<bool>,
    manager: Option<Box<Person>>,
    teams: Option<Vec<Person>>,
    tags: Option<Map<Vec<String>>>,
    state: Option<Open<State>>,
    note: Nullable<String>,
    any: Option<Json>,
    extra: Extra,
}

enum State {
    Active,
    Inactive,
}

enumerations! { State }

impl Enumeration for State {
    const TEXTS: &'static [&'static str] = &["active", "inactive"];
    const ALL: &'static [Self] = &[Self::Active, Self::Inactive];

    fn position(self) -> usize {
        self as usize
    }
}

impl Object for Person {
    fn shape(&self) -> &'static Shape {
        &Shape {
            name: "Person",
            fields: &[
                r#","name":"#,
                r#","age":"#,
                r#","score":"#,
                r#","active":"#,
                r#","manager":"#,
                r#","teams":"#,
                r#","tags":"#,
                r#","state":"#,
                r#","note":"#,
                r#","any":"#,
            ],
            // Requests have `age` only in a model within another, `score` only at the top, and `active` nowhere.
            left_out: "0123",
        }
    }

    fn get(&self, index: usize) -> &dyn Value {
        match index {
            0 => &self.name,
            1 => &self.age,
            2 => &self.score,
            3 => &self.active,
            4 => &self.manager,
            5 => &self.teams,
            6 => &self.tags,
            7 => &self.state,
            8 => &self.note,
            9 => &self.any,
            10 => &self.extra,
            _ => no_field(index),
        }
    }

    fn slot(&mut self, index: usize) -> &mut dyn Value {
        match index {
            0 => &mut self.name,
            1 => &mut self.age,
            2 => &mut self.score,
            3 => &mut self.active,
            4 => &mut self.manager,
            5 => &mut self.teams,
            6 => &mut self.tags,
            7 => &mut self.state,
            8 => &mut self.note,
            9 => &mut self.any,
            10 => &mut self.extra,
            _ => no_field(index),
        }
    }
}

impl Default for Person {
    fn default() -> Self {
        Self {
            name: None,
            age: None,
            score: None,
            active: None,
            manager: None,
            teams: None,
            tags: None,
            state: None,
            note: Nullable::Absent,
            any: None,
            extra: Extra::new(),
        }
    }
}

models! { Person }

fn read(text: &str) -> Result<Person, DecodeError> {
    from_slice(text.as_bytes())
}

const WHOLE: &str = r#"{"name":"Ada \"A\" \u00e9\ud83d\ude00","age":-36,"score":0.5,"active":true,"manager":{"name":"Bo"},"teams":[{"age":1},{}],"tags":{"a":["x","y"],"b":[]},"state":"active","note":null,"any":{"z":[1,2.5,null]},"unknown":{"deep":[1]},"other":"x"}"#;

#[test]
fn what_is_read_is_written_again() {
    let person = read(WHOLE).unwrap();
    assert_eq!(person.name.as_deref(), Some("Ada \"A\" é😀"));
    assert_eq!(person.age, Some(-36));
    assert_eq!(person.manager.as_ref().unwrap().name.as_deref(), Some("Bo"));
    assert!(person.state.as_ref().is_some_and(|state| *state == State::Active));
    assert_eq!(person.note, Nullable::Null);
    assert_eq!(person.extra.get("unknown"), Some(&json!({"deep": [1]})));
    let expect: serde_json::Value = serde_json::from_str(WHOLE).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&to_vec(&person)).unwrap(), expect);
    assert_eq!(serde_json::to_value(&person).unwrap(), expect);
    assert_eq!(serde_json::from_value::<Person>(expect).unwrap(), person);
    assert_eq!(person.clone(), person);
}

#[test]
fn a_request_leaves_out_what_its_shape_says_and_nothing_else_does() {
    let person = read(
        r#"{"name":"a","age":1,"score":0.5,"active":true,"manager":{"name":"b","age":2,"score":1.5,"active":true,"teams":[{"age":3,"score":2.5}]},"other":1}"#,
    )
    .unwrap();
    let request: serde_json::Value = serde_json::from_slice(&request(&person)).unwrap();
    assert_eq!(
        request,
        json!({"name": "a", "score": 0.5, "manager": {"name": "b", "age": 2, "teams": [{"age": 3}]}, "other": 1})
    );
    let list: serde_json::Value =
        serde_json::from_slice(&request_of_list(std::slice::from_ref(&person))).unwrap();
    assert_eq!(list, json!([request]));
    let whole: serde_json::Value = serde_json::from_slice(&to_vec(&person)).unwrap();
    assert_eq!((&whole["age"], &whole["active"]), (&json!(1), &json!(true)));
}

#[test]
fn a_copy_is_its_own() {
    let person = read(WHOLE).unwrap();
    let mut copy = person.clone();
    copy.manager.as_mut().unwrap().name = Some("Cy".into());
    assert_ne!(copy, person);
    copy = person.clone();
    copy.extra.insert("unknown", 1);
    assert_ne!(copy, person);
}

/// The fields of a person that can change.
struct Change {
    name: Option<String>,
    age: Option<Vec<String>>,
    manager: Option<Box<Change>>,
    teams: Option<Vec<Change>>,
    extra: Extra,
}

impl Object for Change {
    fn shape(&self) -> &'static Shape {
        &Shape {
            name: "Change",
            fields: &[r#","name":"#, r#","age":"#, r#","manager":"#, r#","teams":"#],
            left_out: "",
        }
    }

    fn get(&self, index: usize) -> &dyn Value {
        match index {
            0 => &self.name,
            1 => &self.age,
            2 => &self.manager,
            3 => &self.teams,
            4 => &self.extra,
            _ => no_field(index),
        }
    }

    fn slot(&mut self, index: usize) -> &mut dyn Value {
        match index {
            0 => &mut self.name,
            1 => &mut self.age,
            2 => &mut self.manager,
            3 => &mut self.teams,
            4 => &mut self.extra,
            _ => no_field(index),
        }
    }
}

impl Default for Change {
    fn default() -> Self {
        Self { name: None, age: None, manager: None, teams: None, extra: Extra::new() }
    }
}

models! { Change }
conversions! { Person => Change; }

#[test]
fn what_was_read_becomes_what_is_written_with_the_fields_that_both_have() {
    let change = Change::from(read(WHOLE).unwrap());
    assert_eq!(to_string(&change), r#"{"name":"Ada \"A\" é😀","manager":{"name":"Bo"}}"#);
    // What only one of them knows is nowhere, however deep.
    let person = read(r#"{"manager":{"name":"Bo","score":1,"x":2},"teams":[{"active":true}]}"#).unwrap();
    assert_eq!(to_string(&Change::from(person)), r#"{"manager":{"name":"Bo"},"teams":[{}]}"#);
    assert_eq!(Change::from(&Person::default()), Change::default());
}

#[test]
fn fields_are_read_in_any_order_and_the_last_of_a_name_counts() {
    let person = read(
        r#" { "age" : 1 , "name" : "a" , "x" : 1 , "score" : 2 , "age" : 3, "teams":[{}], "teams":[] } "#,
    )
    .unwrap();
    assert_eq!((person.age, person.name.as_deref(), person.score), (Some(3), Some("a"), Some(2.0)));
    assert_eq!(person.teams, Some(vec![]));
    assert_eq!(read(r#"{"n\u0061me":"a"}"#).unwrap().name.as_deref(), Some("a"));
}

#[test]
fn values_that_the_list_does_not_have_are_kept() {
    let person = read(r#"{"state":"on leave"}"#).unwrap();
    assert_eq!(person.state, Some(Open::Other("on leave".into())));
    assert_eq!(person.state.as_ref().and_then(Open::known), None);
    assert_eq!(to_string(&person), r#"{"state":"on leave"}"#);
    assert_eq!(Open::<State>::from("inactive").known(), Some(State::Inactive));
}

#[test]
fn nothing_is_the_opposite_of_null() {
    assert_eq!(to_string(&Person::default()), "{}");
    assert_eq!(read(r#"{"name":null}"#).unwrap(), Person::default());
    assert_eq!(to_string(&read(r#"{"note":null}"#).unwrap()), r#"{"note":null}"#);
    assert_eq!(std::mem::size_of::<Extra>(), std::mem::size_of::<usize>());
}

#[test]
fn whole_numbers_may_be_written_as_fractions_of_zero() {
    assert_eq!(read(r#"{"age":1.0}"#).unwrap().age, Some(1));
    assert_eq!(read(r#"{"age":12e2}"#).unwrap().age, Some(1200));
    assert_eq!(read(r#"{"age":9223372036854775807}"#).unwrap().age, Some(i64::MAX));
}

#[test]
fn whole_numbers_of_32_bits_end_there() {
    let read = |text: &str| from_slice::<Vec<i32>>(text.as_bytes());
    assert_eq!(read("[2147483647,-2147483648,\"7\",1.0]").unwrap(), [i32::MAX, i32::MIN, 7, 1]);
    for beyond in ["[2147483648]", "[-2147483649]", "[1e10]", "[1.5]"] {
        assert!(read(beyond).is_err(), "{beyond}");
    }
}

#[test]
fn debug_shows_what_has_a_value() {
    let shown = format!("{:?}", read(r#"{"name":"a","teams":[{"age":1}],"x":2}"#).unwrap());
    assert_eq!(shown, r#"Person { name: "a", teams: [Person { age: 1, .. }], x: Number(2), .. }"#);
}

#[track_caller]
fn refused(text: &[u8], path: &str, offset: usize, problem: Problem) {
    let error = from_slice::<Person>(text).unwrap_err();
    assert_eq!((error.path(), error.offset(), error.problem()), (path, offset, problem), "{error}");
}

#[test]
fn errors_name_the_path_and_the_byte() {
    let text = |found| Problem::Unexpected { expected: "a text", found };
    refused(br#"{"name":{}}"#, "name", 8, text("an object"));
    refused(br#"{"teams":[{},{"manager":{"name":[]}}]}"#, "teams[1].manager.name", 32, text("a list"));
    refused(br#"{"tags":{"k":["a",null]}}"#, "tags.k[1]", 18, text("null"));
    refused(
        br#"{"unknown":{"x":[nul]}}"#,
        "unknown.x[0]",
        17,
        Problem::Unexpected { expected: "null", found: "something that is not JSON" },
    );
    refused(
        b"<html>",
        "",
        0,
        Problem::Unexpected { expected: "an object", found: "something that is not JSON" },
    );
    let shown = read(r#"{"name":[]}"#).unwrap_err().to_string();
    assert_eq!(shown, "`name` at byte 8: expected a text, found a list");
}

#[test]
fn a_zero_keeps_its_sign_in_a_value_of_any_kind() {
    for text in ["-0", "-0.0", "0"] {
        assert_eq!(from_slice::<Json>(text.as_bytes()).unwrap(), serde_json::from_str::<Json>(text).unwrap());
    }
}

#[test]
fn what_is_no_json_is_refused() {
    refused(b"", "", 0, Problem::End);
    refused(br#"{"name":"a"#, "name", 10, Problem::End);
    refused(br#"{"name":"\u00"#, "name", 13, Problem::End);
    refused(br#"{"name":"\ud83d\u"#, "name", 14, Problem::End);
    refused(br#"{"active":tru"#, "active", 13, Problem::End);
    refused(br"{} {}", "", 3, Problem::Trailing);
    refused(br#"{"name":"\x"}"#, "name", 9, Problem::Escape);
    refused(b"{\"name\":\"a\nb\"}", "name", 10, Problem::Control);
    refused(br#"{"age":01}"#, "age", 7, Problem::Number);
    refused(br#"{"age":-}"#, "age", 8, Problem::Number);
    refused(br#"{"score":1.}"#, "score", 11, Problem::Number);
    refused(br#"{"score":1e+}"#, "score", 12, Problem::Number);
    refused(br#"{"score":1e999}"#, "score", 9, Problem::Range);
    refused(br#"{"age":9223372036854775808}"#, "age", 7, Problem::Range);
    refused(br#"{"age":1.5}"#, "age", 7, Problem::Fraction);
    refused(br#"{"name" "a"}"#, "", 8, Problem::Unexpected { expected: "`:`", found: "a text" });
    refused(
        br#"{"age":1,}"#,
        "",
        9,
        Problem::Unexpected { expected: "a text", found: "something that is not JSON" },
    );
    refused(
        br#"{"teams":[{},]}"#,
        "teams[1]",
        13,
        Problem::Unexpected { expected: "an object", found: "something that is not JSON" },
    );
}

#[test]
fn what_is_no_character_is_read_as_a_replacement() {
    let person =
        from_slice::<Person>(b"\xef\xbb\xbf{\"teams\":[{\"name\":\"a\xff\"}],\"name\":\"\\ud83d.\"}")
            .unwrap();
    assert_eq!(person.teams.unwrap()[0].name.as_deref(), Some("a\u{fffd}"));
    assert_eq!(person.name.as_deref(), Some("\u{fffd}."));
    refused(b"{}\xff", "", 2, Problem::Trailing);
}

#[test]
fn numbers_and_words_where_a_text_is_due_are_the_text_that_they_are_written_as() {
    let person = read(r#"{"name":5.50,"state":true,"tags":{"a":[-1e2,false]}}"#).unwrap();
    assert_eq!(person.name.as_deref(), Some("5.50"));
    assert_eq!(person.state, Some(Open::Other("true".into())));
    assert_eq!(person.tags.unwrap()["a"], ["-1e2", "false"]);
    refused(br#"{"name":01}"#, "name", 8, Problem::Number);
}

#[test]
fn texts_that_hold_nothing_but_a_number_or_a_word_are_these_where_they_are_due() {
    let person = read(r#"{"age":"36","score":"0.5","active":"true"}"#).unwrap();
    assert_eq!((person.age, person.score, person.active), (Some(36), Some(0.5), Some(true)));
    let text = |expected| Problem::Unexpected { expected, found: "a text" };
    refused(br#"{"age":""}"#, "age", 7, text("a whole number"));
    refused(br#"{"age":"1.5"}"#, "age", 7, text("a whole number"));
    refused(br#"{"age":"1 "}"#, "age", 7, text("a whole number"));
    refused(br#"{"age":"\"1\""}"#, "age", 7, text("a whole number"));
    refused(br#"{"score":"many"}"#, "score", 9, text("a number"));
    refused(br#"{"active":"yes"}"#, "active", 10, text("true or false"));
}

#[test]
fn null_among_models_is_left_out() {
    let person = read(r#"{"teams":[null,{"age":1},null,{"teams":[null]}]}"#).unwrap();
    assert_eq!(to_string(&person), r#"{"teams":[{"age":1},{"teams":[]}]}"#);
    let people: Map<Person> = from_slice(br#"{"a":null,"b":{"age":1},"b":null,"c":{}}"#).unwrap();
    assert_eq!(people.into_keys().collect::<Vec<_>>(), ["c"]);
    // Among numbers and texts the others would stand for something else then.
    assert!(from_slice::<Vec<f64>>(b"[1,null]").is_err());
    refused(
        br#"{"teams":[nul]}"#,
        "teams[0]",
        10,
        Problem::Unexpected { expected: "null", found: "something that is not JSON" },
    );
}

#[test]
fn nesting_ends_at_its_limit() {
    let nested = |levels: usize| format!("{{\"any\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    assert!(read(&nested(127)).is_ok());
    let error = read(&nested(128)).unwrap_err();
    assert_eq!(error.problem(), Problem::Depth { limit: 128 });
    let error = from_slice::<Person>("{\"manager\":".repeat(100_000).as_bytes()).unwrap_err();
    assert_eq!(error.problem(), Problem::Depth { limit: 128 });
}

fn json_value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_filter("finite", |it| it.is_finite()).prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::btree_map(".{0,6}", inner, 0..4)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_is_read_as_serde_json_reads_it(value in json_value()) {
        for text in [serde_json::to_string(&value).unwrap(), serde_json::to_string_pretty(&value).unwrap()] {
            let read: Json = from_slice(text.as_bytes()).unwrap();
            prop_assert_eq!(&read, &value);
        }
        // Read by ours again: `serde_json` does not round every number to the nearest double.
        let again: Json = from_slice(&to_vec(&value)).unwrap();
        prop_assert_eq!(again, value);
    }

    #[test]
    fn bytes_are_refused_where_serde_json_refuses_them(bytes in "[\\[\\]{}:,\"\\\\u0-9a-f.eE+\\-ntl rues\n]{0,24}") {
        let ours = from_slice::<Json>(bytes.as_bytes());
        let theirs = crate::text::read::<Json>(bytes.as_bytes());
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?} {:?}", ours, theirs);
    }

    #[test]
    fn texts_are_written_as_serde_json_writes_them(text in "\\PC{0,20}|[\u{0}-\u{7f}]{0,20}") {
        prop_assert_eq!(to_string(&text), serde_json::to_string(&text).unwrap());
    }

    #[test]
    fn no_bytes_make_the_reader_fall(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = from_slice::<Person>(&bytes);
    }

    #[test]
    fn a_changed_text_is_read_or_refused(at in 0..WHOLE.len(), byte in any::<u8>()) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = from_slice::<Person>(&bytes);
        let _ = from_slice::<Person>(&bytes[..at]);
    }
}
