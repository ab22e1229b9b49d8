//! The file of each type, chosen so that a program loads what its APIs need and little else.
//!
//! The compiler loads a file with everything it imports, whole. Types are therefore grouped by the set of APIs
//! from which they can be reached: those of one API live in its own file; those shared by the same several APIs
//! make a cluster, a file of their own. A type refers only to types that are reached by at least the APIs it is
//! reached by itself, so loading one API loads exactly the types that API can reach. What no operation reaches (the
//! bodies of notifications, above all) is in a file that only `models.d.ts` mentions. A package of some APIs leaves out
//! what only the others reach.
//!
//! Measured on the bundled definition: 144 clusters, of which an API loads 4 (the median) to 67. With all of them in
//! one file, a program of one API takes 10 to 15 MB more, and no less time.

use std::collections::BTreeMap;

use purecloud_definition::model::{EnumerationId, ModelId, OperationId, Platform};

use super::names::Names;
use super::reach::Reach;
use crate::javascript::Plan;

/// The file of types that no operation reaches.
pub(super) const UNREACHED: &str = "models/unreached";

/// Something that is declared once and mentioned from many places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    Model(ModelId),
    Enumeration(EnumerationId),
    /// The named options of an operation.
    Options(OperationId),
}

impl Item {
    pub(super) fn name(self, names: &Names) -> &str {
        match self {
            Self::Model(id) => names.model(id),
            Self::Enumeration(id) => names.enumeration(id),
            Self::Options(id) => names.options(id),
        }
    }
}

/// A file of the package, without its ending and relative to the folder of declarations, such as `users`.
pub(super) struct Sheet {
    pub(super) stem: String,
    /// Index into [`Plan::classes`], for the file of a class.
    pub(super) class: Option<usize>,
    /// Stems of the clusters that its class reaches, for the file of a class.
    pub(super) clusters: Vec<String>,
    /// Ordered by name.
    pub(super) items: Vec<Item>,
}

impl Sheet {
    fn cluster(stem: String, items: Vec<Item>) -> Self {
        Self { stem, class: None, clusters: vec![], items }
    }
}

/// The place of everything.
pub(super) struct Placement {
    /// Classes first, in the plan's order; then clusters, ordered by stem.
    pub(super) sheets: Vec<Sheet>,
    models: Vec<Option<u32>>,
    enumerations: Vec<Option<u32>>,
    options: Vec<Option<u32>>,
}

impl Placement {
    pub(super) fn new(platform: &Platform, plan: &Plan, names: &Names) -> Self {
        let reach = Reach::new(platform, plan);
        let mut groups: BTreeMap<&[u32], Vec<Item>> = BTreeMap::new();
        for (item, classes) in reach.items() {
            groups.entry(classes).or_default().push(item);
        }
        for items in groups.values_mut() {
            items.sort_by_key(|item| item.name(names));
        }

        let mut sheets: Vec<_> = plan
            .classes
            .iter()
            .enumerate()
            .map(|(index, class)| Sheet {
                stem: class.subpath.clone(),
                class: Some(index),
                clusters: vec![],
                items: vec![],
            })
            .collect();
        let mut clusters = vec![];
        for (classes, items) in groups {
            match classes {
                [] => clusters.push(Sheet::cluster(UNREACHED.into(), items)),
                [class] => sheets[*class as usize].items = items,
                _ => {
                    let stem = cluster_stem(&items, names);
                    for class in classes {
                        sheets[*class as usize].clusters.push(stem.clone());
                    }
                    clusters.push(Sheet::cluster(stem, items));
                }
            }
        }
        clusters.sort_by(|a, b| a.stem.cmp(&b.stem));
        for sheet in &mut sheets {
            sheet.clusters.sort();
        }
        sheets.extend(clusters);

        let mut placement = Self {
            sheets: vec![],
            models: vec![None; platform.models.len()],
            enumerations: vec![None; platform.enumerations.len()],
            options: vec![None; platform.operations.len()],
        };
        for (index, sheet) in sheets.iter().enumerate() {
            for item in &sheet.items {
                *placement.slot(*item) = Some(index as u32);
            }
        }
        placement.sheets = sheets;
        placement
    }

    /// Index into [`sheets`](Self::sheets) of the file that declares `item`; `None` when none does, and then none
    /// mentions it.
    pub(super) fn sheet_of(&self, item: Item) -> Option<usize> {
        match item {
            Item::Model(id) => self.models[id.0 as usize],
            Item::Enumeration(id) => self.enumerations[id.0 as usize],
            Item::Options(id) => self.options[id.0 as usize],
        }
        .map(|index| index as usize)
    }

    fn slot(&mut self, item: Item) -> &mut Option<u32> {
        match item {
            Item::Model(id) => &mut self.models[id.0 as usize],
            Item::Enumeration(id) => &mut self.enumerations[id.0 as usize],
            Item::Options(id) => &mut self.options[id.0 as usize],
        }
    }
}

/// Named after the first of its models, or else of its types: names are distinct whatever the case of letters.
fn cluster_stem(items: &[Item], names: &Names) -> String {
    let model = items.iter().find(|item| matches!(item, Item::Model(_)));
    let name = model.or(items.first()).map_or("", |item| item.name(names)).to_lowercase();
    // Devices of Windows cannot be files there, whatever their ending; `unreached` is taken.
    let device = matches!(name.as_str(), "con" | "prn" | "aux" | "nul" | "unreached")
        || (name.len() == 4 && (name.starts_with("com") || name.starts_with("lpt")));
    if device { format!("models/{name}-model") } else { format!("models/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use purecloud_definition::model::{Model, Pointer};

    #[test]
    fn clusters_are_named_after_their_first_model_but_never_after_a_device() {
        let mut platform = fixture::platform();
        let plan = Plan::new(&platform).unwrap();
        for (name, expect) in [
            ("User", "models/user"),
            ("Aux", "models/aux-model"),
            ("Lpt1", "models/lpt1-model"),
            ("Comb", "models/comb-model"),
            ("Unreached", "models/unreached-model"),
        ] {
            platform.models = vec![fixture_model(name)];
            let names = Names::new(&platform, &plan);
            let items = [Item::Options(OperationId(1)), Item::Model(ModelId(0))];
            assert_eq!(cluster_stem(&items, &names), expect);
            assert_eq!(cluster_stem(&items[..1], &names), "models/putgreetingoptions");
        }
    }

    fn fixture_model(name: &str) -> Model {
        Model {
            name: name.into(),
            wire_name: name.into(),
            properties: vec![],
            additional: None,
            description: None,
            origin: Pointer(String::new()),
        }
    }
}
