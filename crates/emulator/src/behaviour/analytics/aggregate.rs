//! Counts and sums over conversations: by group, by stretch of time.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::each_within;
use super::filter::{Place, fits, in_range, text_of};
use super::interval::Interval;
use crate::conversation::measure::{SERVICE_TARGET, metrics};
use crate::problem::Problem;
use crate::world::World;

/// What was measured in one group, one stretch of time and of one metric.
#[derive(Debug, Default, Clone)]
struct Numbers {
    values: Vec<i64>,
}

type Group = Vec<(String, String)>;
/// By group, then by the number of the stretch and by metric.
type Found = BTreeMap<Group, BTreeMap<usize, BTreeMap<String, Numbers>>>;

/// The metric whose numbers another is made from.
const SERVICE_LEVEL: &[&str] = &["oServiceLevel", "oServiceTarget"];

/// The results of an aggregate query.
///
/// # Errors
/// 400 for a granularity that cannot be.
pub(super) fn results(world: &World, interval: Interval, query: &Value) -> Result<Vec<Value>, Problem> {
    let steps = match query["granularity"].as_str().filter(|text| !text.is_empty()) {
        Some(granularity) => interval.steps(granularity)?,
        None => vec![interval],
    };
    let texts = |name: &str| -> Vec<String> {
        let listed = query[name].as_array().into_iter().flatten();
        listed.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (dimensions, wanted) = (texts("groupBy"), texts("metrics"));
    let mut found = Found::new();
    each_within(world, &world.history(), interval, |_, conversation| {
        for one in &conversation.participants {
            let place = Place { conversation, one: Some(one), segment: None };
            if !fits(&query["filter"], &place) {
                continue;
            }
            let group = group(&place, &dimensions);
            for metric in metrics(conversation, one) {
                let Some(step) = steps.iter().position(|step| step.has(metric.at)) else { continue };
                for name in wanted.iter().filter(|name| measures(name, metric.name)) {
                    let step = found.entry(group.clone()).or_default().entry(step).or_default();
                    step.entry(name.clone()).or_default().values.push(metric.value);
                }
            }
        }
    });
    Ok(found.into_iter().map(|(group, data)| result(group, &data, &steps, &query["views"])).collect())
}

/// Whether what was measured under `name` counts for a metric.
fn measures(wanted: &str, name: &str) -> bool {
    wanted == name
        || SERVICE_LEVEL.contains(&wanted) && matches!(name, "tAnswered" | "tAbandon")
        || wanted == "tWait" && name == "tAcd"
}

/// The group that a place belongs to; the media is always told apart.
fn group(place: &Place<'_>, dimensions: &[String]) -> Group {
    let names = std::iter::once("mediaType")
        .chain(dimensions.iter().map(String::as_str).filter(|name| *name != "mediaType"));
    names.filter_map(|name| Some((name.to_owned(), text_of(place, name)?.into_owned()))).collect()
}

fn result(
    group: Group,
    data: &BTreeMap<usize, BTreeMap<String, Numbers>>,
    steps: &[Interval],
    views: &Value,
) -> Value {
    let group: Map<String, Value> = group.into_iter().map(|(name, value)| (name, json!(value))).collect();
    let data: Value = data
        .iter()
        .map(|(step, metrics)| {
            let shown: Value = metrics
                .iter()
                .map(|(name, numbers)| json!({ "metric": name, "stats": stats(name, numbers) }))
                .collect();
            let mut data = json!({ "interval": steps[*step].iso(), "metrics": shown });
            if let Some(views) = views.as_array() {
                data["views"] = views.iter().filter_map(|view| viewed(view, metrics)).collect();
            }
            data
        })
        .collect();
    json!({ "group": group, "data": data })
}

/// Numbers in a few words: counts for `n…`, sums for `t…`, a share for the service level.
fn stats(name: &str, numbers: &Numbers) -> Value {
    let values = &numbers.values;
    let sum: i64 = values.iter().sum();
    if SERVICE_LEVEL.contains(&name) {
        let good = values.iter().filter(|value| **value <= SERVICE_TARGET).count();
        return json!({
            "ratio": good as f64 / values.len().max(1) as f64,
            "numerator": good,
            "denominator": values.len(),
            "target": 0.8,
        });
    }
    if name.starts_with('n') {
        return json!({ "count": sum });
    }
    json!({ "count": values.len(), "sum": sum, "min": values.iter().min(), "max": values.iter().max() })
}

/// How many numbers are within the bounds of a view, and their sum.
fn viewed(view: &Value, metrics: &BTreeMap<String, Numbers>) -> Option<Value> {
    let numbers = metrics.get(view["target"].as_str()?)?;
    let inside = numbers.values.iter().copied().filter(|value| in_range(&view["range"], *value as f64));
    let inside: Vec<i64> = inside.collect();
    Some(
        json!({ "name": view["name"], "stats": { "count": inside.len(), "sum": inside.iter().sum::<i64>() } }),
    )
}
