//! The contents of the JavaScript package: classes, their methods in every generation's name, and each method's
//! arguments in order. The table of operations and the type declarations are both written from it, so they
//! cannot disagree.

use std::collections::HashMap;

use purecloud_definition::model::{
    Api, ApiId, LegacyArgument, LegacyTarget, Operation, OperationId, Platform,
};

use super::runtime::PARTS;
use crate::CodegenError;

/// Subpaths of the package that mean something other than an API, and devices of Windows, which cannot be files there
/// whatever their ending.
const RESERVED_SUBPATHS: [&str; 12] =
    ["", "v2", "session", "node", "browser", "index", "global", "models", "con", "prn", "aux", "nul"];

/// Returns whether a subpath belongs to something other than an API.
fn is_reserved_subpath(subpath: &str) -> bool {
    RESERVED_SUBPATHS.contains(&subpath) || PARTS.iter().any(|part| part.stem == subpath)
}

/// Every class of the package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// One per API that has operations, in the order of [`Platform::apis`].
    pub classes: Vec<Class>,
}

/// The class of one API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Whose class it is.
    pub api: ApiId,
    /// Such as `UsersApi`; a safe identifier.
    pub name: String,
    /// The name of its files without an ending: the class in lower case, such as `usersapi`.
    pub stem: String,
    /// The part of an import after the package, such as `users` in `purecloud/users`.
    pub subpath: String,
    /// In the order of [`Api::operations`]; of one operation the modern name comes first.
    pub methods: Vec<Method>,
}

/// One method of a class: a name, and the operation it calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// Such as `getUsersMe`; a safe identifier, unique in its class.
    pub name: String,
    /// The operation that it calls.
    pub operation: OperationId,
    /// Positional arguments, in order.
    pub arguments: Vec<Argument>,
    /// The same in a session that was made as in 2016, under a name that the SDK of that year shipped.
    pub first_arguments: Option<Vec<Argument>>,
    /// The origin of the name.
    pub generation: Generation,
}

/// One positional argument of a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// In messages and in an object of named options; a safe identifier, unique in its method.
    pub name: String,
    /// The place of the value in a request.
    pub target: LegacyTarget,
    /// `true` if a call without it is refused.
    pub required: bool,
}

/// The origin of a method's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// The operation's own name. When an older SDK shipped the same name its argument order stands, so that old
    /// programs go on working.
    Modern,
    /// A name of the older SDKs.
    Legacy {
        /// `true` when an older SDK shipped it, `false` when the naming rule of that generation made it.
        shipped: bool,
    },
}

impl Plan {
    /// Names, orders and places everything.
    ///
    /// # Errors
    /// [`CodegenError::NameClash`] and [`CodegenError::ClassClash`] for a platform whose names were not settled.
    pub fn new(platform: &Platform) -> Result<Self, CodegenError> {
        let mut stems = HashMap::new();
        let mut classes = Vec::with_capacity(platform.apis.len());
        for (index, api) in platform.apis.iter().enumerate() {
            if api.operations.is_empty() {
                continue;
            }
            let class = Class::new(platform, ApiId(index as u32), api)?;
            if let Some(first) = stems.insert(class.stem.clone(), &api.name) {
                let (first, second) = (first.clone(), class.name);
                return Err(CodegenError::ClassClash { first, second, stem: class.stem });
            }
            classes.push(class);
        }
        Ok(Self { classes })
    }

    /// The same with these classes alone, such as `UsersApi` or `users`, in any letter case; all when there are none.
    ///
    /// # Errors
    /// [`CodegenError::UnknownApi`] for a name that no class has.
    pub fn only(mut self, apis: &[String]) -> Result<Self, CodegenError> {
        let means = |class: &Class, api: &String| {
            [&class.name, &class.subpath].iter().any(|name| name.eq_ignore_ascii_case(api))
        };
        if let Some(unknown) = apis.iter().find(|api| !self.classes.iter().any(|class| means(class, api))) {
            let known = self.classes.into_iter().map(|class| class.name).collect();
            return Err(CodegenError::UnknownApi { name: unknown.clone(), known });
        }
        if !apis.is_empty() {
            self.classes.retain(|class| apis.iter().any(|api| means(class, api)));
        }
        Ok(self)
    }
}

impl Class {
    fn new(platform: &Platform, id: ApiId, api: &Api) -> Result<Self, CodegenError> {
        let mut methods: Vec<Method> = Vec::with_capacity(api.operations.len() * 2);
        let mut owners: HashMap<&str, OperationId> = HashMap::with_capacity(api.operations.len() * 2);
        for method in platform.methods(id) {
            let operation = platform.operation(method.operation);
            match owners.insert(method.name, method.operation) {
                None => {}
                Some(owner) if owner == method.operation => continue,
                Some(owner) => {
                    return Err(CodegenError::NameClash {
                        class: api.name.clone(),
                        name: method.name.to_owned(),
                        first: platform.operation(owner).origin.to_string(),
                        second: operation.origin.to_string(),
                    });
                }
            }
            methods.push(Method {
                name: method.name.to_owned(),
                operation: method.operation,
                arguments: match &operation.legacy_arguments {
                    Some(legacy) if method.legacy_arguments => arguments_of(legacy),
                    _ => arguments_of_today(operation),
                },
                first_arguments: is_shipped(operation, id, method.name)
                    .then(|| operation.first_arguments.as_deref().map(arguments_of))
                    .flatten(),
                generation: generation(operation, id, method.name),
            });
        }
        let stem = api.name.to_lowercase();
        let subpath = match stem.strip_suffix("api") {
            Some(short) if !is_reserved_subpath(short) => short.to_owned(),
            _ => stem.clone(),
        };
        Ok(Self { api: id, name: api.name.clone(), stem, subpath, methods })
    }

    /// The same with the modern name of each operation alone, also of those whose name an older SDK gave to another.
    pub(crate) fn modern(&self, platform: &Platform) -> Self {
        let own = platform.api(self.api).operations.iter().filter_map(|&id| {
            let operation = platform.operation(id);
            operation.apis.contains(&self.api).then(|| Method {
                name: operation.name.clone(),
                operation: id,
                arguments: arguments_of_today(operation),
                first_arguments: None,
                generation: Generation::Modern,
            })
        });
        Self { methods: own.collect(), ..self.clone() }
    }
}

/// Returns the origin of the name of an operation's method.
fn generation(operation: &Operation, api: ApiId, name: &str) -> Generation {
    if name == operation.name && operation.apis.contains(&api) {
        return Generation::Modern;
    }
    Generation::Legacy { shipped: is_shipped(operation, api, name) }
}

/// Returns whether an older SDK had the operation under this name.
fn is_shipped(operation: &Operation, api: ApiId, name: &str) -> bool {
    operation.legacy.iter().any(|legacy| legacy.api == api && legacy.shipped && legacy.name == name)
}

/// Positional arguments as an older SDK had them.
fn arguments_of(legacy: &[LegacyArgument]) -> Vec<Argument> {
    legacy
        .iter()
        .map(|argument| Argument {
            name: argument.name.clone(),
            target: argument.target.clone(),
            required: argument.required,
        })
        .collect()
}

/// Positional arguments in the order of today.
fn arguments_of_today(operation: &Operation) -> Vec<Argument> {
    let parameters = operation.parameters.iter().enumerate();
    parameters
        .map(|(index, parameter)| Argument {
            name: parameter.name.clone(),
            target: LegacyTarget::Parameter(index),
            required: parameter.required(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn methods(platform: &Platform, class: usize) -> Vec<String> {
        let plan = Plan::new(platform).unwrap();
        let show = |method: &Method| {
            let arguments: Vec<_> = method
                .arguments
                .iter()
                .map(|argument| format!("{}{}", argument.name, if argument.required { "" } else { "?" }))
                .collect();
            format!("{}({})", method.name, arguments.join(", "))
        };
        plan.classes[class].methods.iter().map(show).collect()
    }

    #[test]
    fn legacy_names_keep_the_order_they_shipped_with() {
        assert_eq!(
            methods(&fixture::platform(), 0),
            [
                "getGreeting(greetingId)",
                "getGreetingId(greetingId)",
                "putGreeting(greetingId, body, notify?)",
                "putGreetingId(body?, greetingId)",
            ]
        );
    }

    #[test]
    fn a_shipped_name_that_is_also_the_modern_one_keeps_the_old_order() {
        let mut platform = fixture::platform();
        let operation = &mut platform.operations[1];
        let shipped = operation.legacy[0].clone();
        operation.legacy = vec![];
        operation.name.clone_from(&shipped.name);
        operation.legacy.push(shipped);
        let plan = Plan::new(&platform).unwrap();
        let method = plan.classes[0].methods.last().unwrap();
        assert_eq!((method.name.as_str(), method.generation), ("putGreetingId", Generation::Modern));
        assert_eq!(methods(&platform, 0)[2..], ["putGreetingId(body?, greetingId)"]);
    }

    #[test]
    fn a_name_with_two_meanings_is_refused() {
        let mut platform = fixture::platform();
        platform.operations[1].name = "getGreeting".into();
        let message = Plan::new(&platform).unwrap_err().to_string();
        assert!(message.starts_with("GreetingsApi.getGreeting would mean both #/paths/"), "{message}");
    }

    #[test]
    fn some_classes_can_be_chosen_by_name() {
        let only = |apis: &[&str]| {
            let apis: Vec<_> = apis.iter().map(ToString::to_string).collect();
            Plan::new(&fixture::platform()).unwrap().only(&apis)
        };
        assert_eq!(only(&[]).unwrap().classes.len(), 1);
        assert_eq!(only(&["greetingsapi"]).unwrap().classes.len(), 1);
        assert_eq!(only(&["Greetings"]).unwrap().classes.len(), 1);
        let error = only(&["greetings", "Users"]).unwrap_err().to_string();
        assert_eq!(error, "there is no API Users; there are GreetingsApi");
    }

    #[test]
    fn classes_that_differ_only_in_case_are_refused() {
        let mut platform = fixture::platform();
        let mut twin = platform.apis[0].clone();
        twin.name = "GREETINGSApi".into();
        twin.operations.truncate(1);
        platform.apis.push(twin);
        assert!(matches!(Plan::new(&platform), Err(CodegenError::ClassClash { .. })));
    }

    #[test]
    fn subpaths_with_a_meaning_of_their_own_are_not_given_to_apis() {
        for (class, stem, subpath) in [
            ("UsersApi", "usersapi", "users"),
            ("V2Api", "v2api", "v2api"),
            ("Api", "api", "api"),
            ("CONApi", "conapi", "conapi"),
            ("PagingApi", "pagingapi", "pagingapi"),
        ] {
            let mut platform = fixture::platform();
            platform.apis[0].name = class.into();
            let plan = Plan::new(&platform).unwrap();
            assert_eq!((plan.classes[0].stem.as_str(), plan.classes[0].subpath.as_str()), (stem, subpath));
        }
    }
}
