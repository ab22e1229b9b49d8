//! The types that each class reaches.

use purecloud_definition::model::{
    EnumerationId, Model, ModelId, Operation, OperationId, Parameter, Platform, Type,
};

use purecloud_definition::paging;

use super::placement::Item;
use crate::javascript::Plan;

/// Stands for the operations of a platform that a package of some APIs leaves out.
const LEFT_OUT: u32 = u32::MAX - 1;
/// Stands for types that no operation reaches.
const NOBODY: u32 = u32::MAX;

/// By type, who reaches it: ascending indices into [`Plan::classes`], then perhaps [`LEFT_OUT`] and [`NOBODY`].
pub(super) struct Reach<'a> {
    platform: &'a Platform,
    models: Vec<Vec<u32>>,
    enumerations: Vec<Vec<u32>>,
    options: Vec<Vec<u32>>,
}

impl<'a> Reach<'a> {
    pub(super) fn new(platform: &'a Platform, plan: &Plan) -> Self {
        let mut reach = Self {
            platform,
            models: vec![vec![]; platform.models.len()],
            enumerations: vec![vec![]; platform.enumerations.len()],
            options: vec![vec![]; platform.operations.len()],
        };
        for (class, index) in plan.classes.iter().zip(0..) {
            for method in &class.methods {
                let operation = platform.operation(method.operation);
                if has_options(operation) {
                    mark(&mut reach.options[method.operation.0 as usize], index);
                }
                reach.visit_operation(operation, index);
            }
        }
        if plan.classes.len() < platform.apis.len() {
            for operation in &platform.operations {
                reach.visit_operation(operation, LEFT_OUT);
            }
        }
        for (id, model) in platform.models.iter().enumerate() {
            if reach.models[id].is_empty() {
                reach.models[id].push(NOBODY);
                reach.visit_model(model, NOBODY);
            }
        }
        for readers in reach.enumerations.iter_mut().filter(|readers| readers.is_empty()) {
            readers.push(NOBODY);
        }
        reach
    }

    /// Every type that the package declares, with the classes that reach it.
    pub(super) fn items(&self) -> impl Iterator<Item = (Item, &[u32])> {
        let models = self.models.iter().zip(0..).map(|(readers, id)| (Item::Model(ModelId(id)), readers));
        let enumerations = self
            .enumerations
            .iter()
            .zip(0..)
            .map(|(readers, id)| (Item::Enumeration(EnumerationId(id)), readers));
        let options =
            self.options.iter().zip(0..).map(|(readers, id)| (Item::Options(OperationId(id)), readers));
        models.chain(enumerations).chain(options).filter_map(|(item, readers)| {
            let classes = &readers[..readers.partition_point(|reader| *reader < LEFT_OUT)];
            let wanted = !classes.is_empty() || readers.last() == Some(&NOBODY);
            wanted.then_some((item, classes))
        })
    }

    fn visit_operation(&mut self, operation: &'a Operation, reader: u32) {
        for Parameter { kind, .. } in &operation.parameters {
            self.visit(kind, reader);
        }
        if let Some(kind) = &operation.result {
            self.visit(kind, reader);
        }
        // The pages of a job are the result of another operation.
        if let Some(listing) = paging::listing(self.platform, operation) {
            self.visit(listing.page, reader);
        }
    }

    fn visit_model(&mut self, model: &'a Model, reader: u32) {
        for property in &model.properties {
            self.visit(&property.kind, reader);
        }
        if let Some(kind) = &model.additional {
            self.visit(kind, reader);
        }
    }

    /// Marks everything that can be reached from `kind`, without recursion: a chain of models may be long.
    fn visit(&mut self, kind: &'a Type, reader: u32) {
        let mut pending = vec![kind];
        while let Some(kind) = pending.pop() {
            match kind {
                Type::Model(id) if mark(&mut self.models[id.0 as usize], reader) => {
                    let model = self.platform.model(*id);
                    pending.extend(model.properties.iter().map(|property| &property.kind));
                    pending.extend(&model.additional);
                }
                Type::Enumeration(id) => {
                    mark(&mut self.enumerations[id.0 as usize], reader);
                }
                Type::List(inner) | Type::Map(inner) => pending.push(inner),
                Type::OneOf(kinds) => pending.extend(kinds),
                _ => {}
            }
        }
    }
}

/// Returns whether an operation has options worth an interface: at least one optional parameter.
pub(super) fn has_options(operation: &Operation) -> bool {
    operation.parameters.iter().any(|parameter| !parameter.required())
}

/// Adds `reader` unless it is there; readers come in ascending order. Says whether it was new.
fn mark(readers: &mut Vec<u32>, reader: u32) -> bool {
    let new = readers.last() != Some(&reader);
    if new {
        readers.push(reader);
    }
    new
}
