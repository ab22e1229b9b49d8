//! The same calls without `async`: `.wait()` where a program with a runtime of its own writes `.await`.
//!
//! ```no_run
//! use purecloud::blocking::{Wait as _, WaitEach as _};
//!
//! # fn example() -> Result<(), purecloud::Error> {
//! let session = purecloud::Session::builder()
//!     .environment("mypurecloud.ie")
//!     .client_credentials("my-client-id", std::env::var("PURECLOUD_CLIENT_SECRET").unwrap_or_default())
//!     .connect()
//!     .wait()?;
//! let me = session.call("GET", "/api/v2/users/me").wait()?;
//! println!("{}", me.text().unwrap_or_default());
//! for role in session.call("GET", "/api/v2/authorization/roles").items::<serde_json::Value>().wait_each() {
//!     println!("{}", role?["name"]);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! It works on everything: logins, typed calls, pages and items, downloads, notifications. What goes on beside the
//! program (connections, renewals of the token, notifications) runs on one thread of the crate's own.

use std::pin::{Pin, pin};
use std::sync::OnceLock;
use std::task::{Context, Waker};

use futures_core::Stream;
use futures_util::StreamExt as _;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::Error;

/// Waits for a call, or whatever else gives a result of this crate.
pub trait Wait<T>: IntoFuture<Output = Result<T, Error>> {
    /// Blocks this thread until the result is there.
    ///
    /// # Errors
    /// Those of what is waited for, and [`Error::Setup`] inside of async code: blocking its thread would block what is
    /// waited for. On a thread where blocking is allowed, such as that of `tokio::task::spawn_blocking`, it works.
    fn wait(self) -> Result<T, Error>;
}

impl<T, F: IntoFuture<Output = Result<T, Error>>> Wait<T> for F {
    fn wait(self) -> Result<T, Error> {
        let runtime = outside()?;
        // What makes a future may need the runtime before it is polled.
        let _inside = runtime.enter();
        runtime.block_on(self.into_future())
    }
}

/// Takes pages, items or notices one by one.
pub trait WaitEach<T>: Stream<Item = Result<T, Error>> + Sized {
    /// An iterator that blocks this thread until the next one is there.
    fn wait_each(self) -> Each<Self>;
}

impl<T, S: Stream<Item = Result<T, Error>>> WaitEach<T> for S {
    fn wait_each(self) -> Each<Self> {
        Each(Some(Box::pin(self)))
    }
}

/// The iterator of [`WaitEach::wait_each`]. Inside of async code it gives [`Error::Setup`] and ends.
#[derive(Debug)]
pub struct Each<S>(Option<Pin<Box<S>>>);

impl<T, S: Stream<Item = Result<T, Error>>> Iterator for Each<S> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let runtime = match outside() {
            Ok(runtime) => runtime,
            Err(error) => return self.0.take().map(|_| Err(error)),
        };
        runtime.block_on(self.0.as_mut()?.next())
    }
}

/// The runtime to wait on, unless this thread is one of a runtime already.
fn outside() -> Result<&'static Runtime, Error> {
    if Handle::try_current().is_ok() && is_async() {
        return Err(Error::setup("`wait` was called in async code; use `.await` there, or `spawn_blocking`"));
    }
    runtime()
}

/// Returns whether this code is polled by a runtime, on a thread that knows one.
///
/// A runtime gives everything that it polls a budget, after which it is to yield; code that may block has none.
fn is_async() -> bool {
    const MORE_THAN_ANY_BUDGET: usize = 1_024;
    let mut context = Context::from_waker(Waker::noop());
    (0..MORE_THAN_ANY_BUDGET).any(|_| pin!(tokio::task::consume_budget()).poll(&mut context).is_pending())
}

/// The runtime behind every `wait`, made by the first.
fn runtime() -> Result<&'static Runtime, Error> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let made = RUNTIME.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).thread_name("purecloud").enable_all();
        builder.build().map_err(|error| error.to_string())
    });
    made.as_ref().map_err(|error| Error::Setup {
        problem: "the system cannot start a thread to wait with".to_owned(),
        source: Some(error.clone().into()),
    })
}

/// The runtime's handle, for what is begun outside of any `wait`.
pub(crate) fn handle() -> Result<Handle, Error> {
    runtime().map(|runtime| runtime.handle().clone())
}
