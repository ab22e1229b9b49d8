//! Why a product could not be made.

/// Why a product could not be made from a platform.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodegenError {
    /// One method of a class would have to call two operations.
    #[error(
        "{class}.{name} would mean both {first} and {second}; rename one of them (its `operationId`) in the definition"
    )]
    NameClash {
        /// The class, such as `UsersApi`.
        class: String,
        /// The method.
        name: String,
        /// The place of the operation that has the name.
        first: String,
        /// The place of the other operation.
        second: String,
    },
    /// Two classes would be written to one file.
    #[error("the APIs {first} and {second} would both be written to `{stem}.js`; rename one of the tags")]
    ClassClash {
        /// A class.
        first: String,
        /// Another class.
        second: String,
        /// The file both would have.
        stem: String,
    },
    /// The definition asks for something that the runtime of a product cannot do.
    #[error("{place}: the SDK does not support {what}; leave the operation out")]
    Unsupported {
        /// The place in the definition.
        place: String,
        /// The thing that cannot be done.
        what: &'static str,
    },
    /// The runtime that is part of this crate has a mistake; never the fault of a definition.
    #[error("the runtime's module {module}: {problem}")]
    Runtime {
        /// The module, or the product made from it.
        module: String,
        /// The problem.
        problem: String,
    },
    /// A version that cannot be one of a package.
    #[error("version {version:?}: only letters, digits, `.`, `-` and `+` can be in it, such as 1.0.0-rc.1")]
    Version {
        /// As it was given.
        version: String,
    },
    /// A class that the platform does not have was asked for.
    #[error("there is no API {name}; there are {}", known.join(", "))]
    UnknownApi {
        /// As it was asked for.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
}
