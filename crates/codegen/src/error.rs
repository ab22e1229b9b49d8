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
        /// Where the definition states the operation that has the name.
        first: String,
        /// Where the definition states the other one.
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
}
