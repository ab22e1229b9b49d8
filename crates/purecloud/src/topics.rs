//! The topics of notifications: a function for each, with an argument for each placeholder of its name.
//!
//! ```
//! use purecloud::{Topic as _, topics};
//!
//! let topic = topics::users_presence("0b2a4c5e-7f61-4d3c-8a9b-123456789abc");
//! assert_eq!(topic.name(), "v2.users.0b2a4c5e-7f61-4d3c-8a9b-123456789abc.presence");
//! ```

#![allow(unused_imports, reason = "a definition may have no topics")]

include!(concat!(env!("OUT_DIR"), "/topics.rs"));
