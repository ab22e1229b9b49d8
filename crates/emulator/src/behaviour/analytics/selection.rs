//! Conversations that a query found: where they are, so that only those that are shown are made.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::filter::{Place, in_range, text_of};
use crate::base::clock::Moment;
use crate::base::lock::lock;
use crate::schema::listing::Window;
use crate::state::conversation::Conversation;
use crate::state::conversation::history::History;
use crate::state::conversation::measure::{detail, metrics};
use crate::world::World;

/// Where a conversation is.
#[derive(Debug)]
pub(in crate::behaviour) enum Known {
    /// In the history.
    Number(usize),
    /// Among those that began or changed since the start.
    Id(String),
}

/// What a query found, in its order.
#[derive(Debug, Default)]
pub(in crate::behaviour) struct Selection {
    pub(super) history: Arc<History>,
    /// With what they are ordered by.
    pub(super) found: Vec<(Moment, Known)>,
    /// When it looked: those that changed since are shown as they were then.
    pub(super) as_of: Option<Moment>,
}

impl Selection {
    pub(in crate::behaviour) fn len(&self) -> usize {
        self.found.len()
    }

    /// The details of those that a window shows.
    pub(in crate::behaviour) fn shown(&self, world: &World, window: Window) -> Vec<Value> {
        window
            .cut(&self.found)
            .iter()
            .filter_map(|(_, known)| self.get(world, known))
            .map(|one| detail(&one))
            .collect()
    }

    fn get(&self, world: &World, known: &Known) -> Option<Arc<Conversation>> {
        match known {
            Known::Number(number) => self.history.at(*number).map(Arc::new),
            Known::Id(id) => lock(&world.conversations).seen(self.as_of).get(id).cloned(),
        }
    }
}

/// How often each value of a dimension, or each range of a metric, was found.
pub(super) fn terms(world: &World, selection: &Selection, wanted: &Value) -> Value {
    let (dimension, metric) = (wanted["dimension"].as_str(), wanted["metric"].as_str());
    let ranges = wanted["ranges"].as_array().map_or(&[][..], Vec::as_slice);
    let mut in_ranges = vec![0usize; ranges.len()];
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for one in selection.found.iter().filter_map(|(_, known)| selection.get(world, known)) {
        let measured = one.participants.iter().flat_map(|own| metrics(&one, own));
        let sum: i64 = measured.filter(|own| Some(own.name) == metric).map(|own| own.value).sum();
        for (range, count) in ranges.iter().zip(&mut in_ranges) {
            *count += usize::from(in_range(range, sum as f64));
        }
        if let Some(dimension) = dimension {
            let places = one.participants.iter();
            let places = places.map(|own| Place { conversation: &one, one: Some(own), segment: None });
            let values: BTreeSet<String> =
                places.filter_map(|place| text_of(&place, dimension).map(Cow::into_owned)).collect();
            for value in values {
                *counts.entry(value).or_default() += 1;
            }
        }
    }
    let results: Value = if ranges.is_empty() {
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let size = wanted["size"].as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or(10);
        counts
            .into_iter()
            .take(size)
            .map(|(value, count)| json!({ "value": value, "count": count }))
            .collect()
    } else {
        let counted = ranges.iter().zip(in_ranges);
        counted
            .map(|(range, count)| json!({ "gte": range["gte"], "lt": range["lt"], "count": count }))
            .collect()
    };
    json!({
        "type": wanted["type"],
        "dimension": dimension,
        "metric": metric,
        "count": selection.len(),
        "results": results,
    })
}
