//! Values that fit the definition, the same in every run.

use purecloud_definition::Platform;
use purecloud_definition::model::{Bounds, ModelId, TextFormat, Type};
use serde_json::{Map, Value, json};

/// An id as the platform has them.
pub(crate) const ID: &str = "0b2a4c5e-7f61-4d3c-8a9b-123456789abc";

/// Texts of a form that the definition does not name.
const FORMS: &[(&str, &str)] = &[("granularity", "P1D")];

/// Optional models stand within each other this deep.
const DEEPEST: usize = 3;

/// A value of this type, with everything that its models may hold.
pub(crate) fn value(platform: &Platform, kind: &Type, bounds: &Bounds) -> Value {
    Sample { platform, within: Vec::new() }.value(kind, bounds)
}

struct Sample<'a> {
    platform: &'a Platform,
    within: Vec<ModelId>,
}

impl Sample<'_> {
    fn value(&mut self, kind: &Type, bounds: &Bounds) -> Value {
        match kind {
            Type::Text(format) => json!(text(*format, bounds)),
            Type::Enumeration(id) => self.platform.enumeration(*id).values[0].clone(),
            Type::Integer(_) => json!(bounds.minimum.map_or(1, |least| least.ceil() as i64)),
            // The definition of a number is that it may have a fraction, and ours have one where they may.
            Type::Number => match (bounds.minimum, bounds.maximum) {
                (None, None) => json!(1.5),
                (least, most) => json!(least.or(most).unwrap_or_default()),
            },
            Type::Boolean => json!(true),
            Type::OneOf(kinds) => self.value(&kinds[0], bounds),
            Type::Map(item) if self.goes_in(item) => json!({ "key": self.value(item, &Bounds::default()) }),
            Type::Any | Type::Bytes | Type::Map(_) => json!({}),
            Type::List(item) => {
                let usual = u64::from(self.goes_in(item));
                let count = usual.clamp(bounds.min_items.unwrap_or(0), bounds.max_items.unwrap_or(u64::MAX));
                (0..count).map(|_| self.value(item, &Bounds::default())).collect()
            }
            Type::Model(id) => self.model(*id),
        }
    }

    /// Whether a value of this type is written where it may be left out.
    fn goes_in(&self, kind: &Type) -> bool {
        match kind {
            Type::Model(id) => self.within.len() < DEEPEST && !self.within.contains(id),
            Type::List(item) | Type::Map(item) => self.goes_in(item),
            Type::OneOf(kinds) => self.goes_in(&kinds[0]),
            _ => true,
        }
    }

    fn model(&mut self, id: ModelId) -> Value {
        assert!(self.within.len() < 30, "a circle of required models");
        let platform = self.platform;
        self.within.push(id);
        let mut values = Map::new();
        for property in &platform.model(id).properties {
            // What a pattern asks for is made up for required properties alone.
            if property.required || (self.goes_in(&property.kind) && property.bounds.pattern.is_none()) {
                let plain = matches!(property.kind, Type::Text(_));
                let form = FORMS.iter().find(|(name, _)| plain && *name == property.wire_name);
                let value = form
                    .map_or_else(|| self.value(&property.kind, &property.bounds), |(_, text)| json!(text));
                values.insert(property.wire_name.clone(), value);
            }
        }
        self.within.pop();
        Value::Object(values)
    }
}

fn text(format: TextFormat, bounds: &Bounds) -> String {
    let text = match format {
        TextFormat::Date => "2026-11-23",
        TextFormat::DateTime => "2026-11-23T21:02:00.000Z",
        TextFormat::LocalDateTime => "2026-11-23T21:02:00",
        TextFormat::YearMonth => "2026-11",
        TextFormat::Uri => "https://example.com/a",
        TextFormat::Base64 => "cHVyZWNsb3Vk",
        _ => match bounds.pattern.as_deref() {
            Some(pattern) if pattern.contains("{8}") => ID,
            Some(pattern) if pattern.contains('#') => "#336699",
            Some(_) => "11",
            None => ID,
        },
    };
    let least = usize::try_from(bounds.min_length.unwrap_or(0)).unwrap();
    let most = usize::try_from(bounds.max_length.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    let mut text = text.to_owned();
    while text.len() < least {
        text.push('a');
    }
    text.truncate(most);
    text
}
