//! Listings as streams: pages as they come, or the items in them.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::pin::Pin;
use std::str::FromStr;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::call::Call;
use crate::error::{Error, Sent};
use crate::operation::Paging;
use crate::paging::{self, PageRequest, Pager, Stage, Step};
use crate::session::{Content, Credentials, Mode, Outcome, Plan, Session};
use crate::text;
use crate::transport::Pending;

/// The position at which a listing can be taken up again: text to keep, without a token in it.
///
/// It holds the address and the body of the next request, so it is as private as these are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    style: Paging,
    #[serde(default)]
    stage: Stage,
    request: PageRequest,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| std::fmt::Error)?)
    }
}

impl FromStr for Position {
    type Err = crate::error::Cause;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(serde_json::from_str(text)?)
    }
}

/// One page of a listing.
#[derive(Debug, Clone)]
pub struct Page {
    answer: Answer,
    /// The content of the answer, in characters.
    text: Bytes,
    items: Option<&'static str>,
    next: Option<Position>,
}

impl Page {
    /// The answer as it came.
    pub const fn answer(&self) -> &Answer {
        &self.answer
    }

    /// The items, each read from JSON.
    ///
    /// # Errors
    /// [`Error::Decode`] with the place of an item that does not fit `T`. [`Pages::items`] reads the others too.
    pub fn items<T: DeserializeOwned>(&self) -> Result<Vec<T>, Error> {
        self.each(read_with_serde).collect()
    }

    /// Every item, or why it cannot be read.
    pub(crate) fn each<T>(
        &self,
        decode: impl Fn(&Answer, &str) -> Result<T, Error>,
    ) -> impl Iterator<Item = Result<T, Error>> {
        let (list, failure) = match self.list() {
            Ok(list) => (list, None),
            Err(error) => (paging::List::default(), Some(Err(error))),
        };
        let texts = list.texts.clone();
        let items = texts.into_iter().enumerate().map(move |(index, text)| {
            let item = if text.get() == "null" {
                Err(self.answer.misfit::<T>("expected an item, found null"))
            } else {
                decode(&self.answer, text.get())
            };
            item.map_err(|error| error.at(|| list.place(index)))
        });
        failure.into_iter().chain(items)
    }

    pub(crate) fn list(&self) -> Result<paging::List<'_>, Error> {
        paging::items(&self.text, self.items).map_err(|problem| {
            let operation = self.answer.operation.clone();
            Error::Paging { operation, problem }
        })
    }

    /// The content of the answer, in characters.
    pub(crate) const fn text(&self) -> &Bytes {
        &self.text
    }

    /// The items as JSON text, for decoders other than serde's.
    ///
    /// # Errors
    /// [`Error::Paging`] when the page holds no list.
    pub fn texts(&self) -> Result<Vec<&str>, Error> {
        Ok(self.list()?.texts.into_iter().map(serde_json::value::RawValue::get).collect())
    }

    /// Returns the position after this page; `None` after the last. Keep it to
    /// [resume](crate::Call::resume) there.
    pub const fn next(&self) -> Option<&Position> {
        self.next.as_ref()
    }
}

/// The pages of a listing, in order. A `Stream`, and usable without one's traits.
#[must_use = "pages are read by `next`"]
pub struct Pages(Pin<Box<dyn Stream<Item = Result<Page, Error>> + Send>>);

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}

impl Pages {
    /// The next page; `None` after the last. After an error there is nothing more.
    ///
    /// # Errors
    /// Those of a call, and [`Error::Paging`].
    pub async fn next(&mut self) -> Result<Option<Page>, Error> {
        self.0.next().await.transpose()
    }

    /// The items of all pages, each read from JSON.
    pub fn items<T: DeserializeOwned + Send + 'static>(self) -> Items<T> {
        self.items_with(read_with_serde)
    }

    /// The items of all pages, read by `decode` from the JSON text of each.
    pub fn items_with<T, F>(self, decode: F) -> Items<T>
    where
        T: Send + 'static,
        F: Fn(&Answer, &str) -> Result<T, Error> + Send + 'static,
    {
        let items = self.0.flat_map(move |page| {
            let items: VecDeque<Result<T, Error>> = match page {
                Err(error) => VecDeque::from([Err(error)]),
                Ok(page) => page.each(&decode).collect(),
            };
            futures_util::stream::iter(items)
        });
        Items(Box::pin(items))
    }

    /// Fetches up to `pages` pages ahead of those that were taken; at most 16. They are given up with the stream.
    pub fn prefetch(self, pages: usize) -> Self {
        if pages == 0 {
            return self;
        }
        let runtime = match crate::runtime::handle() {
            Ok(runtime) => runtime,
            Err(error) => return Self(Box::pin(futures_util::stream::iter([Err(error)]))),
        };
        let mut source = self.0;
        // A page waits in the channel and one more in the hand of the task, so one less fits in the channel.
        let (sender, receiver) = tokio::sync::mpsc::channel(pages.min(16));
        let task = runtime.spawn(async move {
            while let Ok(place) = sender.reserve().await {
                let Some(page) = source.next().await else { return };
                place.send(page);
            }
        });
        let state = (receiver, AbortOnDrop(task));
        Self(Box::pin(futures_util::stream::unfold(state, |(mut receiver, task)| async move {
            receiver.recv().await.map(|page| (page, (receiver, task)))
        })))
    }
}

impl Stream for Pages {
    type Item = Result<Page, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

fn read_with_serde<T: DeserializeOwned>(answer: &Answer, json: &str) -> Result<T, Error> {
    text::read(json.as_bytes()).map_err(|source| answer.misfit::<T>(source))
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The items of a listing, in order. A `Stream`, and usable without one's traits.
#[must_use = "items are read by `next`"]
pub struct Items<T>(Pin<Box<dyn Stream<Item = Result<T, Error>> + Send>>);

impl<T> std::fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Items").finish_non_exhaustive()
    }
}

impl<T> Items<T> {
    /// The next item; `None` after the last.
    ///
    /// # Errors
    /// Those of a call, [`Error::Paging`], and [`Error::Decode`] for an item that does not fit, with its place in its
    /// page; the items after it can still be read, and [`Self::skip_unreadable`] goes on to them by itself.
    pub async fn next(&mut self) -> Result<Option<T>, Error> {
        self.0.next().await.transpose()
    }

    /// Leaves out items that do not fit, and calls `report` with the [`Error::Decode`] of each.
    ///
    /// ```no_run
    /// # async fn example<T: Send + 'static>(users: purecloud::Items<T>) -> Result<(), purecloud::Error> {
    /// let mut users = users.skip_unreadable(|error| eprintln!("left out: {error}"));
    /// while let Some(user) = users.next().await? {
    ///     // Whatever one of the others holds, this one comes.
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn skip_unreadable(self, mut report: impl FnMut(&Error) + Send + 'static) -> Self
    where
        T: Send + 'static,
    {
        Self(Box::pin(self.0.filter(move |item| {
            let unreadable = item.as_ref().err().filter(|error| matches!(error, Error::Decode { .. }));
            if let Some(error) = unreadable {
                report(error);
            }
            std::future::ready(unreadable.is_none())
        })))
    }

    /// All items that are left.
    ///
    /// # Errors
    /// The first error of [`Self::next`].
    pub async fn collect_all(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(item) = self.next().await? {
            all.push(item);
        }
        Ok(all)
    }
}

impl<T> Stream for Items<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

/// The part of a listing that stays the same from page to page.
struct Listing {
    session: Session,
    template: Template,
    pager: Option<Pager>,
    items: Option<&'static str>,
    size: Option<u32>,
    request: Option<PageRequest>,
}

/// The parts of a call that every request of its listing has.
struct Template {
    operation: Cow<'static, str>,
    headers: Vec<(http::HeaderName, http::HeaderValue)>,
    repeat: crate::operation::Repeat,
    retry: Option<crate::retry::RetryPolicy>,
    request_timeout: Option<Duration>,
    total_timeout: Option<Duration>,
    authenticated: bool,
}

impl Call {
    /// Follows the listing that this call begins, page by page. A call whose answer is whole gives one page.
    pub fn pages(self) -> Pages {
        let items = self.spec().and_then(|spec| spec.items);
        let style = self.spec().and_then(|spec| spec.paging);
        listing(self, items, move |request| {
            (style.map(|style| Pager::new(style, Stage::Submit, items)), request)
        })
    }

    /// Follows a listing from a position that was kept. Arguments of this call that say where to begin do not count.
    pub fn resume(self, position: Position) -> Pages {
        let items = self.spec().and_then(|spec| spec.items);
        listing(self, items, move |_| {
            (Some(Pager::new(position.style, position.stage, items)), position.request)
        })
    }

    /// The items of all pages, each read from JSON.
    pub fn items<T: DeserializeOwned + Send + 'static>(self) -> Items<T> {
        self.pages().items()
    }

    /// The items of all pages in one list.
    ///
    /// # Errors
    /// The first error of [`Items::next`].
    pub async fn collect_all<T: DeserializeOwned + Send + 'static>(self) -> Result<Vec<T>, Error> {
        self.items().collect_all().await
    }
}

fn listing(
    call: Call,
    items: Option<&'static str>,
    begin: impl FnOnce(PageRequest) -> (Option<Pager>, PageRequest),
) -> Pages {
    let session = call.session.clone();
    let state = Listing::new(session, call, items, begin);
    let state = match state {
        Ok(state) => state,
        Err(error) => return Pages(Box::pin(futures_util::stream::iter([Err(error)]))),
    };
    Pages(Box::pin(futures_util::stream::unfold(state, |mut state| async move {
        let page = state.next().await.transpose()?;
        if page.is_err() {
            state.request = None;
        }
        Some((page, state))
    })))
}

fn sized(pager: Pager, size: Option<u32>) -> Pager {
    match size {
        Some(size) => pager.with_size(size),
        None => pager,
    }
}

impl Listing {
    fn new(
        session: Session,
        call: Call,
        items: Option<&'static str>,
        begin: impl FnOnce(PageRequest) -> (Option<Pager>, PageRequest),
    ) -> Result<Self, Error> {
        let size = call.results_page_size;
        let (plan, credentials) = call.plan()?;
        let body = match &plan.content {
            Content::Empty => None,
            Content::Bytes(bytes) => Some(serde_json::from_slice(bytes).map_err(|source| Error::Encode {
                operation: plan.operation.clone(),
                source: source.into(),
            })?),
            Content::Stream(_) => {
                return Err(Error::Encode {
                    operation: plan.operation,
                    source: "a body that streams can be sent once, and a listing sends it with every page"
                        .into(),
                });
            }
        };
        let home = session.environment().api();
        let target = plan.address.strip_prefix(home).unwrap_or(&plan.address).to_owned();
        let (pager, request) = begin(PageRequest { method: plan.method, target, body });
        let pager = pager.map(|pager| sized(pager, size));
        let template = Template {
            operation: plan.operation,
            headers: plan.headers,
            repeat: plan.repeat,
            retry: plan.retry,
            request_timeout: plan.request_timeout,
            total_timeout: plan.total_timeout,
            authenticated: matches!(credentials, Credentials::Session),
        };
        Ok(Self { session, template, pager, items, size, request: Some(request) })
    }

    async fn next(&mut self) -> Result<Option<Page>, Error> {
        let began = tokio::time::Instant::now();
        let total = self.template.total_timeout.filter(|limit| !limit.is_zero());
        while let Some(request) = self.request.take() {
            let left = total.map(|limit| limit.saturating_sub(began.elapsed()).max(Duration::from_millis(1)));
            let answer = self.ask(&request, left).await?;
            let (items, size) = (self.items, self.size);
            let text = match text::utf8(answer.bytes()) {
                Cow::Borrowed(text) => answer.bytes().slice_ref(text.as_bytes()),
                Cow::Owned(text) => Bytes::from(text),
            };
            let pager = match &mut self.pager {
                Some(pager) => pager,
                None => match paging::detect(&request, &text) {
                    Some(style) => self.pager.insert(sized(Pager::new(style, Stage::Submit, items), size)),
                    None => return Ok(Some(Page { answer, text, items, next: None })),
                },
            };
            let step = pager.advance(&request, &text, &self.session.core.origins);
            let operation = self.template.operation.clone();
            match step.map_err(|problem| Error::Paging { operation, problem })? {
                Step::Page { next } => {
                    let position = next.clone().map(|request| Position {
                        style: pager.style(),
                        stage: pager.stage(),
                        request,
                    });
                    self.request = next;
                    return Ok(Some(Page { answer, text, items, next: position }));
                }
                Step::Ask { after, request } => {
                    if let Some(limit) = total
                        && began.elapsed().saturating_add(after) >= limit
                    {
                        let operation = self.template.operation.clone();
                        return Err(Error::Timeout { operation, limit, sent: Sent::Maybe });
                    }
                    tokio::time::sleep(after).await;
                    self.request = Some(request);
                }
            }
        }
        Ok(None)
    }

    fn ask(&self, request: &PageRequest, total: Option<Duration>) -> Pending<'_, Result<Answer, Error>> {
        let template = &self.template;
        let origin = self.session.environment().api();
        let mut plan = Plan::new(template.operation.clone(), request.method, origin, &request.target);
        plan.headers.clone_from(&template.headers);
        plan.repeat = template.repeat;
        plan.retry.clone_from(&template.retry);
        plan.request_timeout = template.request_timeout;
        plan.total_timeout = total;
        match &request.body {
            Some(body) => plan.content = Content::Bytes(body.to_string().into()),
            None => plan.headers.retain(|(name, _)| name != http::header::CONTENT_TYPE),
        }
        let credentials = if template.authenticated { Credentials::Session } else { Credentials::None };
        Box::pin(async move {
            match self.session.core.perform(plan, credentials, Mode::Whole).await? {
                Outcome::Whole(answer) => Ok(answer),
                // Whole was asked for, so nothing streams.
                Outcome::Stream(_) => Err(Error::Closed),
            }
        })
    }
}
