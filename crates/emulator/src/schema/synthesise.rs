//! Values made up from the models: the same for the same seed, plausible by name and format, and never endless.
//!
//! Models refer to each other in circles, so a value is cut: a model inside itself and models too deep or too
//! many are left out where they may be, and are as small as they can be where they must stand.

#[cfg(test)]
pub(crate) mod conformance;
mod words;

use std::hash::{DefaultHasher, Hash, Hasher};

use fastrand::Rng;
use purecloud_definition::Platform;
use purecloud_definition::model::{Bounds, Enumeration, ModelId, Property, TextFormat, Type, Width};
use serde_json::{Map, Number, Value};

pub(crate) use words::{TOPICS, email, person};

use crate::schema::check;

/// Optional models nest this deep at most.
const DEEPEST: usize = 4;
/// Past this depth even required properties of models are dropped: only a circle of required ones gets here.
const BOTTOM: usize = 24;
/// An answer has about this many values at most.
const MOST_VALUES: usize = 400;

/// A random source that depends on nothing but these things.
pub(crate) fn rng(seed: u64, parts: impl Hash) -> Rng {
    let mut hasher = DefaultHasher::new();
    seed.hash(&mut hasher);
    parts.hash(&mut hasher);
    Rng::with_seed(hasher.finish())
}

/// A version 4 UUID from a random source.
pub(crate) fn uuid(rng: &mut Rng) -> String {
    format_uuid(uuid_bits(rng))
}

/// An id that nothing had before.
pub(crate) fn fresh_id() -> String {
    uuid(&mut Rng::new())
}

/// The bits of a version 4 UUID from a random source.
pub(crate) fn uuid_bits(rng: &mut Rng) -> u128 {
    (rng.u128(..) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62)
}

/// A UUID as it is written.
pub(crate) fn format_uuid(bits: u128) -> String {
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The bits of a UUID that is written the usual way.
pub(crate) fn parse_uuid(text: &str) -> Option<u128> {
    check::is_uuid(text).then(|| u128::from_str_radix(&text.replace('-', ""), 16).ok()).flatten()
}

/// A value of this type.
pub(crate) fn value(platform: &Platform, kind: &Type, name: &str, bounds: &Bounds, rng: Rng) -> Value {
    let mut maker = Maker { platform, rng, stack: Vec::new(), left: MOST_VALUES };
    maker.value(kind, bounds, &Name { property: name, owner: "" })
}

/// An object with nothing but what its model requires.
pub(crate) fn smallest(platform: &Platform, model: ModelId, rng: Rng) -> Value {
    let mut maker = Maker { platform, rng, stack: Vec::new(), left: 0 };
    maker.model(model)
}

/// What a value is called, from which its content is guessed.
struct Name<'a> {
    property: &'a str,
    /// The model that has the property.
    owner: &'a str,
}

struct Maker<'a> {
    platform: &'a Platform,
    rng: Rng,
    stack: Vec<ModelId>,
    left: usize,
}

impl Maker<'_> {
    fn value(&mut self, kind: &Type, bounds: &Bounds, name: &Name<'_>) -> Value {
        self.left = self.left.saturating_sub(1);
        match kind {
            Type::Any => Value::Object(Map::new()),
            Type::Text(format) => Value::String(self.text(*format, bounds, name)),
            Type::Enumeration(id) => self.member(self.platform.enumeration(*id)),
            Type::Integer(width) => Value::from(self.integer(*width, bounds, name.property)),
            Type::Number => self.number(bounds, name.property),
            Type::Boolean => Value::Bool(self.rng.bool()),
            Type::List(item) => self.list(item, bounds, name),
            Type::Map(item) => self.map(item, name),
            Type::Model(id) => self.model(*id),
            Type::OneOf(kinds) => {
                let simple = kinds.iter().find(|kind| !self.is_cut(kind)).or_else(|| kinds.first());
                simple.map_or(Value::Null, |kind| self.value(kind, bounds, name))
            }
            Type::Bytes => Value::String(words::sentence(&mut self.rng)),
        }
    }

    /// Whether an optional value of this type is left out here.
    fn is_cut(&self, kind: &Type) -> bool {
        match kind {
            Type::Model(id) => self.left == 0 || self.stack.len() >= DEEPEST || self.stack.contains(id),
            Type::List(item) | Type::Map(item) => self.left == 0 || self.is_cut(item),
            Type::OneOf(kinds) => kinds.iter().all(|kind| self.is_cut(kind)),
            _ => self.left == 0,
        }
    }

    fn model(&mut self, id: ModelId) -> Value {
        let platform = self.platform;
        let model = platform.model(id);
        let mut values = Map::new();
        if self.stack.len() >= BOTTOM {
            return Value::Object(values);
        }
        self.stack.push(id);
        for property in &model.properties {
            if property.required || !self.is_cut(&property.kind) {
                let value = self.property(property, &model.wire_name);
                values.insert(property.wire_name.clone(), value);
            }
        }
        self.stack.pop();
        Value::Object(values)
    }

    fn property(&mut self, property: &Property, owner: &str) -> Value {
        let name = Name { property: &property.wire_name, owner };
        self.value(&property.kind, &property.bounds, &name)
    }

    fn member(&mut self, known: &Enumeration) -> Value {
        // Work that was asked for is done when it is looked at: a client that polls must come to an end.
        let done = known.values.iter().find(|value| value.as_str().is_some_and(words::means_done));
        if let Some(done) = done {
            return done.clone();
        }
        // A value that means "no value" is possible but helps nobody.
        let sensible = |value: &&Value| {
            !value.as_str().is_some_and(|text| {
                text.is_empty()
                    || text.eq_ignore_ascii_case("unknown")
                    || text.eq_ignore_ascii_case("deleted")
            })
        };
        let members: Vec<&Value> = known.values.iter().filter(sensible).collect();
        self.rng.choice(members).or_else(|| known.values.first()).cloned().unwrap_or(Value::Null)
    }

    fn list(&mut self, item: &Type, bounds: &Bounds, name: &Name<'_>) -> Value {
        let fewest = usize::try_from(bounds.min_items.unwrap_or(0)).unwrap_or(usize::MAX).min(1000);
        let most = usize::try_from(bounds.max_items.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        let usual = if self.is_cut(item) { 0 } else { 2 };
        let count = usual.clamp(fewest, most.max(fewest));
        let singular = Name { property: words::singular(name.property), owner: name.owner };
        let mut items: Vec<Value> = Vec::new();
        for _ in 0..count {
            let value = self.value(item, &Bounds::default(), &singular);
            if !bounds.unique || items.len() < fewest || !items.contains(&value) {
                items.push(value);
            }
        }
        Value::Array(items)
    }

    fn map(&mut self, item: &Type, name: &Name<'_>) -> Value {
        let mut values = Map::new();
        if !self.is_cut(item) {
            let key = words::word(&mut self.rng).to_owned();
            let value = self.value(item, &Bounds::default(), name);
            values.insert(key, value);
        }
        Value::Object(values)
    }

    fn integer(&mut self, width: Width, bounds: &Bounds, name: &str) -> i64 {
        let (least, most) = width.range();
        let (low, high) = words::range(name);
        // The casts saturate, which is what a bound beyond 64 bits means.
        #[expect(clippy::cast_possible_truncation, reason = "saturation is wanted")]
        let (minimum, maximum) = (
            bounds.minimum.map(|bound| (bound.ceil() as i64).clamp(least, most)),
            bounds.maximum.map(|bound| (bound.floor() as i64).clamp(least, most)),
        );
        let (low, high) = (low.clamp(least, most), high.clamp(least, most));
        let low = minimum.map_or(low.min(maximum.unwrap_or(low)), |minimum| minimum.max(low));
        let low = maximum.map_or(low, |maximum| low.min(maximum));
        let high = maximum.map_or(high.max(low), |maximum| high.min(maximum).max(low));
        self.rng.i64(low..=high)
    }

    fn number(&mut self, bounds: &Bounds, name: &str) -> Value {
        let whole = self.integer(Width::Bits64, bounds, name) as f64;
        let fraction = f64::from(self.rng.u8(0..4)) / 4.0;
        let value = match bounds.maximum {
            Some(maximum) if whole + fraction > maximum => maximum,
            _ => whole + fraction,
        };
        let value = bounds.minimum.map_or(value, |minimum| value.max(minimum));
        Number::from_f64(value).map_or(Value::from(0), Value::Number)
    }

    fn text(&mut self, format: TextFormat, bounds: &Bounds, name: &Name<'_>) -> String {
        let text = match format {
            TextFormat::Date => words::date(&mut self.rng),
            TextFormat::DateTime => words::date_time(&mut self.rng),
            TextFormat::LocalDateTime => words::date_time(&mut self.rng).trim_end_matches('Z').to_owned(),
            TextFormat::YearMonth => words::date(&mut self.rng)[..7].to_owned(),
            TextFormat::Uri => words::uri(&mut self.rng),
            TextFormat::Uuid => uuid(&mut self.rng),
            TextFormat::Base64 => "cHVyZWNsb3Vk".to_owned(),
            TextFormat::Plain | TextFormat::Other => words::text(name.property, name.owner, &mut self.rng),
        };
        let text = self.fit_pattern(text, bounds);
        if format == TextFormat::Plain || format == TextFormat::Other {
            fit_length(text, bounds)
        } else {
            text
        }
    }

    /// The first of a few texts that fits the pattern, or the one there was: a text that fits any given
    /// expression is not worth an engine of its own, and definitions know few.
    fn fit_pattern(&mut self, text: String, bounds: &Bounds) -> String {
        let Some(pattern) = &bounds.pattern else { return text };
        let candidates = [
            text.clone(),
            uuid(&mut self.rng),
            "#3366cc".to_owned(),
            "12".to_owned(),
            "a1".to_owned(),
            "A".to_owned(),
            "2026-11-23".to_owned(),
            "a@example.com".to_owned(),
            "https://example.com/a".to_owned(),
            "+13175550100".to_owned(),
            String::new(),
        ];
        candidates.into_iter().find(|candidate| check::matches_pattern(pattern, candidate)).unwrap_or(text)
    }
}

fn fit_length(mut text: String, bounds: &Bounds) -> String {
    // Padding and cutting are for texts without a pattern: they would break it.
    if bounds.pattern.is_some() {
        return text;
    }
    let fewest = usize::try_from(bounds.min_length.unwrap_or(0)).unwrap_or(usize::MAX).min(100_000);
    while text.encode_utf16().count() < fewest {
        text.push('x');
    }
    if let Some(most) = bounds.max_length {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        while text.encode_utf16().count() > most {
            text.pop();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use purecloud_definition::model::Method;

    use super::*;
    use crate::fixture::{model, property, routes};

    fn circle() -> Platform {
        let mut platform = routes(&[(Method::Get, "/users")]);
        let itself = || Type::Model(ModelId(0));
        platform.models = vec![
            model(
                "User",
                vec![
                    property("id", Type::Text(TextFormat::Plain), true),
                    property("email", Type::Text(TextFormat::Plain), true),
                    property("manager", itself(), false),
                    property("reports", Type::List(Box::new(itself())), true),
                    property("peers", Type::Map(Box::new(itself())), false),
                ],
            ),
            model("Snake", vec![property("tail", Type::Model(ModelId(1)), true)]),
        ];
        platform
    }

    #[test]
    fn a_model_inside_itself_is_cut() {
        let platform = circle();
        let made = value(&platform, &Type::Model(ModelId(0)), "", &Bounds::default(), rng(1, "x"));
        assert!(made.get("manager").is_none());
        assert_eq!(made["reports"], serde_json::json!([]));
        assert!(check::value(&platform, &Type::Model(ModelId(0)), &Bounds::default(), &made).is_empty());
    }

    #[test]
    fn a_circle_of_required_models_ends() {
        let made = value(&circle(), &Type::Model(ModelId(1)), "", &Bounds::default(), rng(1, "x"));
        assert!(made.to_string().len() < 1000);
    }

    #[test]
    fn the_same_seed_makes_the_same_value() {
        let platform = circle();
        let make = |seed| value(&platform, &Type::Model(ModelId(0)), "", &Bounds::default(), rng(seed, "x"));
        assert_eq!(make(1), make(1));
        assert_ne!(make(1), make(2));
    }

    #[test]
    fn work_that_is_looked_at_is_done() {
        let mut platform = circle();
        let values = ["QUEUED", "PENDING", "FAILED", "FULFILLED"].map(Value::from).to_vec();
        platform.enumerations.push(Enumeration {
            name: "State".to_owned(),
            values,
            origin: purecloud_definition::model::Pointer("#".to_owned()),
        });
        let kind = Type::Enumeration(purecloud_definition::model::EnumerationId(0));
        for seed in 0..10 {
            assert_eq!(value(&platform, &kind, "state", &Bounds::default(), rng(seed, "s")), "FULFILLED");
        }
    }

    #[test]
    fn bounds_are_kept() {
        let platform = circle();
        for seed in 0..200 {
            let bounds = Bounds { minimum: Some(-3.5), maximum: Some(-1.0), ..Bounds::default() };
            let made = value(&platform, &Type::Number, "count", &bounds, rng(seed, "n"));
            assert!((-3.5..=-1.0).contains(&made.as_f64().unwrap()), "{made}");
            let made = value(&platform, &Type::Integer(Width::Bits32), "pageSize", &bounds, rng(seed, "n"));
            assert!((-3..=-1).contains(&made.as_i64().unwrap()), "{made}");
            let bounds = Bounds { min_length: Some(5), max_length: Some(6), ..Bounds::default() };
            let made = value(&platform, &Type::Text(TextFormat::Plain), "name", &bounds, rng(seed, "n"));
            assert!((5..=6).contains(&made.as_str().unwrap().len()), "{made}");
        }
    }

    #[test]
    fn ids_are_uuids_of_version_four() {
        let id = uuid(&mut rng(7, "id"));
        assert!(check::is_uuid(&id), "{id}");
        assert_eq!(&id[14..15], "4");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"));
    }
}
