//! Counts and sums over conversations: by group, by stretch of time.
//!
//! Numbers are summed up as they are found, and an answer is written while it is made: as values in memory, the widest
//! ones would take more than the rest of the emulator.

use std::collections::BTreeMap;

use purecloud_definition::Platform;
use purecloud_definition::model::Type;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::each_within;
use super::filter::{Place, fits, in_range, text_of};
use super::interval::Interval;
use crate::base::clock::Moment;
use crate::behaviour::Call;
use crate::http::problem::Problem;
use crate::schema::project::{Streamed, project};
use crate::state::conversation::measure::{SERVICE_TARGET, metrics};
use crate::world::World;

/// The most sums of one answer: each is about 100 bytes of it.
const MOST_SUMS: usize = 100_000;

/// The metrics whose numbers come from others.
const SERVICE_LEVEL: &[&str] = &["oServiceLevel", "oServiceTarget"];

/// What an aggregate query found.
#[derive(Debug)]
pub(super) struct Aggregate {
    dimensions: Vec<String>,
    /// In the order of the answer, each once.
    metrics: Vec<String>,
    views: Option<Vec<View>>,
    steps: Vec<Interval>,
    /// By what each dimension is in a group.
    groups: BTreeMap<Group, Sums>,
}

/// What each dimension is, where it is something.
type Group = Vec<Option<Box<str>>>;

/// By the number of the stretch of time, and then of what was summed: the metrics come first, the views behind them.
type Sums = BTreeMap<(usize, usize), Sum>;

/// Some numbers of a metric that are told apart.
#[derive(Debug)]
struct View {
    name: Value,
    /// The number of the metric; none where it is not asked for.
    target: Option<usize>,
    range: Value,
}

/// Numbers in a few words.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    count: u64,
    total: i64,
    /// The least and the greatest.
    ends: Option<(i64, i64)>,
    /// How many are within the service target.
    good: u64,
}

impl Sum {
    fn add(&mut self, value: i64) {
        self.count += 1;
        self.total = self.total.saturating_add(value);
        let (least, greatest) = self.ends.unwrap_or((value, value));
        self.ends = Some((least.min(value), greatest.max(value)));
        self.good += u64::from(value <= SERVICE_TARGET);
    }
}

impl Aggregate {
    /// What an aggregate query asks for.
    ///
    /// # Errors
    /// 400 for a granularity that cannot be, and for more sums than an answer has.
    pub(super) fn of(
        world: &World,
        call: &Call<'_>,
        interval: Interval,
        query: &Value,
    ) -> Result<Self, Problem> {
        let mut found = Self::asked(interval, query)?;
        let Self { dimensions, metrics: names, views, steps, groups } = &mut found;
        let views = views.as_deref().unwrap_or_default();
        let (mut count, mut full) = (0, false);
        each_within(world, call, &world.history(), interval, |_, conversation| {
            for one in &conversation.participants {
                let place = Place { conversation, one: Some(one), segment: None };
                if full || !fits(&query["filter"], &place) {
                    continue;
                }
                let measured: Vec<(usize, usize, i64)> = metrics(conversation, one)
                    .into_iter()
                    .filter_map(|metric| Some((step(steps, metric.at)?, metric)))
                    .flat_map(|(step, metric)| {
                        let wanted = names.iter().enumerate();
                        let counts = wanted.filter(move |(_, name)| measures(name, metric.name));
                        counts.map(move |(number, _)| (step, number, metric.value))
                    })
                    .collect();
                if measured.is_empty() {
                    continue;
                }
                let sums = groups.entry(group(&place, dimensions)).or_default();
                let before = sums.len();
                for (step, number, value) in measured {
                    sums.entry((step, number)).or_default().add(value);
                    let of_metric = |(_, view): &(usize, &View)| view.target == Some(number);
                    for (at, view) in views.iter().enumerate().filter(of_metric) {
                        let sum = sums.entry((step, names.len() + at)).or_default();
                        if in_range(&view.range, value as f64) {
                            sum.add(value);
                        }
                    }
                }
                count += sums.len() - before;
                full |= count > MOST_SUMS;
            }
        });
        if full {
            return Err(Problem::bad_request(format!(
                "The query has more than {MOST_SUMS} results. Group by less, or ask for a shorter interval, a coarser \
                 granularity or fewer views."
            )));
        }
        Ok(found)
    }

    /// What is asked for, with nothing found yet.
    fn asked(interval: Interval, query: &Value) -> Result<Self, Problem> {
        let steps = match query["granularity"].as_str().filter(|text| !text.is_empty()) {
            Some(granularity) => interval.steps(granularity)?,
            None => vec![interval],
        };
        let texts = |name: &str| -> Vec<String> {
            let listed = query[name].as_array().into_iter().flatten();
            listed.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        // The media is always told apart.
        let mut dimensions = vec!["mediaType".to_owned()];
        for name in texts("groupBy") {
            if !dimensions.contains(&name) {
                dimensions.push(name);
            }
        }
        let mut metrics = texts("metrics");
        metrics.sort_unstable();
        metrics.dedup();
        let view = |view: &Value| View {
            name: view["name"].clone(),
            target: view["target"].as_str().and_then(|target| metrics.iter().position(|name| name == target)),
            range: view["range"].clone(),
        };
        let views = query["views"].as_array().map(|views| views.iter().map(view).collect());
        Ok(Self { dimensions, metrics, views, steps, groups: BTreeMap::new() })
    }

    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.groups.len()
    }

    /// Groups as values, from one on.
    pub(super) fn rows(&self, from: usize, count: usize) -> impl Iterator<Item = Value> {
        self.groups.iter().skip(from).take(count).map(
            |(group, sums)| json!({ "group": self.named(group), "data": self.data(sums).collect::<Value>() }),
        )
    }

    /// All of it as a type has it, made while it is written.
    pub(super) fn answer<'a>(&'a self, platform: &'a Platform, kind: &'a Type) -> impl Serialize + 'a {
        Streamed::new(platform, kind, json!({}), "results", move |kind| {
            self.groups.iter().map(move |(group, sums)| {
                let group = json!({ "group": self.named(group) });
                Streamed::new(platform, kind, group, "data", move |kind| {
                    self.data(sums).filter_map(move |data| project(platform, kind, &data))
                })
            })
        })
    }

    fn named(&self, group: &Group) -> Map<String, Value> {
        let pairs = self.dimensions.iter().zip(group);
        pairs.filter_map(|(name, value)| Some((name.clone(), json!(value.as_deref()?)))).collect()
    }

    /// What was found in each stretch of time in which something was.
    fn data<'a>(&'a self, sums: &'a Sums) -> impl Iterator<Item = Value> + 'a {
        let mut next = sums.keys().next().map(|(step, _)| *step);
        std::iter::from_fn(move || {
            let step = next?;
            next = sums.range((step + 1, 0)..).next().map(|((step, _), _)| *step);
            let of_step = sums.range((step, 0)..(step + 1, 0));
            let (metrics, views): (Vec<_>, Vec<_>) = of_step
                .map(|((_, number), sum)| (*number, sum))
                .partition(|(number, _)| *number < self.metrics.len());
            let metric = |(number, sum): (usize, &Sum)| {
                let name = &self.metrics[number];
                json!({ "metric": name, "stats": stats(name, sum) })
            };
            let metrics: Value = metrics.into_iter().map(metric).collect();
            let mut data = json!({ "interval": self.steps[step].iso(), "metrics": metrics });
            if let Some(own) = &self.views {
                let view = |(number, sum): (usize, &Sum)| {
                    let name = &own[number - self.metrics.len()].name;
                    json!({ "name": name, "stats": { "count": sum.count, "sum": sum.total } })
                };
                data["views"] = views.into_iter().map(view).collect();
            }
            Some(data)
        })
    }
}

/// The number of the stretch that a moment is in.
fn step(steps: &[Interval], at: Moment) -> Option<usize> {
    let step = steps.partition_point(|step| step.end <= at);
    steps.get(step).filter(|step| step.has(at)).map(|_| step)
}

/// Whether what was measured under `name` counts for a metric.
fn measures(wanted: &str, name: &str) -> bool {
    wanted == name
        || SERVICE_LEVEL.contains(&wanted) && matches!(name, "tAnswered" | "tAbandon")
        || wanted == "tWait" && name == "tAcd"
}

/// The group that a place belongs to.
fn group(place: &Place<'_>, dimensions: &[String]) -> Group {
    dimensions
        .iter()
        .map(|name| text_of(place, name).map(|text| text.into_owned().into_boxed_str()))
        .collect()
}

/// A sum as the platform shows it: counts for `n…`, times for `t…`, a share for the service level.
fn stats(name: &str, sum: &Sum) -> Value {
    if SERVICE_LEVEL.contains(&name) {
        return json!({
            "ratio": sum.good as f64 / sum.count.max(1) as f64,
            "numerator": sum.good,
            "denominator": sum.count,
            "target": 0.8,
        });
    }
    if name.starts_with('n') {
        return json!({ "count": sum.total });
    }
    let (least, greatest) = sum.ends.unzip();
    json!({ "count": sum.count, "sum": sum.total, "min": least, "max": greatest })
}
