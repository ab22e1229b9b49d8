//! The methods of a class, names of all generations sorted out.

use std::collections::HashMap;

use crate::model::{ApiId, OperationId, Platform};

/// One method of a class; see [`Platform::methods`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassMethod<'p> {
    /// The method, such as `getMe`.
    pub name: &'p str,
    /// The operation that it calls.
    pub operation: OperationId,
    /// Its positional arguments are [`Operation::legacy_arguments`], which is there, rather than
    /// [`Operation::parameters`].
    ///
    /// [`Operation::legacy_arguments`]: crate::model::Operation::legacy_arguments
    /// [`Operation::parameters`]: crate::model::Operation::parameters
    pub legacy_arguments: bool,
}

impl Platform {
    /// The methods of a class, each name once, as a program that may be as old as the first SDK sees them: by
    /// operation, the modern name first.
    ///
    /// Each operation has a method in one of its classes at least. Where a shipped older name and a modern name are
    /// one, the older promise stands otherwise: the method means the operation that the older SDK meant, and takes
    /// its arguments in the older order. (A program written for
    /// today's SDK passes the others by name, so it does not notice; one that must have today's meaning of
    /// `getSearch` and `postSearch` of `SearchApi` goes by [`Operation::apis`] and [`Operation::name`] alone.)
    ///
    /// [`Operation::apis`]: crate::model::Operation::apis
    /// [`Operation::name`]: crate::model::Operation::name
    pub fn methods(&self, api: ApiId) -> Vec<ClassMethod<'_>> {
        let mut shipped: HashMap<&str, OperationId> = HashMap::new();
        for &id in &self.api(api).operations {
            let names = self.operation(id).legacy.iter().filter(|legacy| legacy.api == api && legacy.shipped);
            shipped.extend(names.map(|legacy| (legacy.name.as_str(), id)));
        }
        let mut methods = Vec::new();
        for &id in &self.api(api).operations {
            let operation = self.operation(id);
            let older = |name: &str| shipped.get(name) == Some(&id);
            let ours = shipped.get(operation.name.as_str()).is_none_or(|owner| *owner == id);
            if operation.apis.contains(&api) && ours {
                methods.push(ClassMethod {
                    name: &operation.name,
                    operation: id,
                    legacy_arguments: older(&operation.name) && operation.legacy_arguments.is_some(),
                });
            }
            for legacy in operation.legacy.iter().filter(|legacy| legacy.api == api) {
                if legacy.name != operation.name || !operation.apis.contains(&api) {
                    methods.push(ClassMethod {
                        name: &legacy.name,
                        operation: id,
                        legacy_arguments: legacy.shipped && operation.legacy_arguments.is_some(),
                    });
                }
            }
        }
        methods
    }
}
