//! Following a listing: from a request and its answer to the next request, in each of the platform's nine styles.
//!
//! A pager never sends anything; it is told each answer and says what to ask next. It refuses to walk in circles.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::operation::{Method, Paging};
use crate::request::{RequestError, push_encoded, resolve};

/// One request of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PageRequest {
    #[serde(with = "method_text")]
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Value>,
}

mod method_text {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::operation::Method;

    // The signature is serde's.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn serialize<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(method.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Method, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Method::parse(&text).ok_or_else(|| serde::de::Error::custom("no such method"))
    }
}

/// Why a listing cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PagingError {
    /// The platform named a page that has been read already.
    #[error("the listing loops: `{target}` was already read")]
    Loop {
        /// Path and query.
        target: String,
    },
    /// Two pages in a row are the same to the last byte.
    #[error("the listing does not advance: the same page came twice for `{target}`")]
    Standstill {
        /// Path and query of the second.
        target: String,
    },
    /// The address of the next page is not one that the session may follow.
    #[error("the address of the next page: {0}")]
    Address(RequestError),
    /// The answer is not what this style of paging promises.
    #[error("the answer does not lead to the next page: {problem}")]
    Answer {
        /// The missing part.
        problem: String,
    },
    /// A job or an execution ended without results.
    #[error("the platform ended the job with {state}{}", message.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
    Failed {
        /// The platform's word, such as `FAILED`, `CANCELLED` or `EXPIRED`.
        state: String,
        /// The platform's message.
        message: Option<String>,
    },
    /// A job or an execution takes too long.
    #[error("the job has not ended after {polls} polls")]
    Slow {
        /// The number of times it was read.
        polls: u32,
    },
}

/// The next step of a listing after an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is a page; `next` is the request for the one after it.
    Page { next: Option<PageRequest> },
    /// It is none yet: ask this, after this wait.
    Ask { after: Duration, request: PageRequest },
}

/// The progress of a listing that begins with a POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Stage {
    /// The first request makes the job.
    #[default]
    Submit,
    /// Its state is asked for.
    Poll,
    /// Its results are read.
    Results,
}

/// A listing that is being followed.
#[derive(Debug, Clone)]
pub(crate) struct Pager {
    style: Paging,
    stage: Stage,
    items: Option<&'static str>,
    /// Items in a page of a job's results, where its caller says so.
    size: Option<u32>,
    polls: u32,
    seen: HashSet<u64>,
    last_page: Option<u64>,
}

/// Most looks at a job: an hour and a half with the waits of [`Pager::wait`].
const MOST_POLLS: u32 = 1_000;

/// Pages the platform is taken to give when neither side names a size.
const USUAL_PAGE_SIZE: u64 = 25;

impl Pager {
    pub(crate) fn new(style: Paging, stage: Stage, items: Option<&'static str>) -> Self {
        Self { style, stage, items, size: None, polls: 0, seen: HashSet::new(), last_page: None }
    }

    /// Asks for this many items in a page of the results of a job or an execution.
    pub(crate) const fn with_size(mut self, size: u32) -> Self {
        self.size = Some(size);
        self
    }

    /// The first request for the results of a job or an execution.
    fn results(&self, target: String) -> PageRequest {
        let request = get(target);
        match self.size {
            Some(size) => with_query(&request, "pageSize", &size.to_string()),
            None => request,
        }
    }

    pub(crate) const fn style(&self) -> Paging {
        self.style
    }

    pub(crate) const fn stage(&self) -> Stage {
        self.stage
    }

    /// Decides the next step from the answer to `request`. `origins` are those the session may talk to, its own first.
    pub(crate) fn advance(
        &mut self,
        request: &PageRequest,
        answer: &[u8],
        origins: &[String],
    ) -> Result<Step, PagingError> {
        let members = Members::read(answer)?;
        let waits = matches!(self.style, Paging::Job | Paging::Execution);
        let step = match (self.style, self.stage) {
            (Paging::Job, Stage::Submit) => self.submitted_job(request, &members)?,
            (Paging::Job, Stage::Poll) => self.polled_job(request, &members)?,
            (Paging::Execution, Stage::Submit) => self.submitted_execution(request, &members, origins)?,
            (Paging::Execution, Stage::Poll) => self.polled_execution(request, &members, origins)?,
            _ => Step::Page { next: self.next(request, &members, origins)? },
        };
        if let Step::Page { next } = &step {
            let page = hash(answer);
            let numbered = matches!(self.style, Paging::PageNumber | Paging::Body | Paging::Scim);
            if numbered && self.last_page == Some(page) && members.count(self.items)? > 0 {
                return Err(PagingError::Standstill { target: request.target.clone() });
            }
            self.last_page = Some(page);
            self.seen.insert(hash_request(request));
            if let Some(next) = next
                && !self.seen.insert(hash_request(next))
            {
                return Err(PagingError::Loop { target: next.target.clone() });
            }
            if waits {
                self.stage = Stage::Results;
            }
        }
        Ok(step)
    }

    fn next(
        &self,
        request: &PageRequest,
        members: &Members<'_>,
        origins: &[String],
    ) -> Result<Option<PageRequest>, PagingError> {
        match self.style {
            Paging::PageNumber => self.next_number(request, members, origins),
            Paging::NextUri => follow(members.text("nextUri"), request, origins),
            Paging::NextPage => follow(members.text("nextPage"), request, origins),
            Paging::After => match members.text("nextUri") {
                Some(address) => follow(Some(address), request, origins),
                None => Ok(members.after().map(|after| with_query(request, "after", &after))),
            },
            Paging::Cursor | Paging::Job => {
                Ok(members.text("cursor").map(|cursor| with_query(request, "cursor", &cursor)))
            }
            Paging::Execution => match members.text("nextUri") {
                Some(address) => follow(Some(address), request, origins),
                None => Ok(members.after().map(|after| with_query(request, "after", &after))),
            },
            Paging::Body => self.next_in_body(request, members),
            Paging::Scim => self.next_start(request, members),
        }
    }

    fn next_number(
        &self,
        request: &PageRequest,
        members: &Members<'_>,
        origins: &[String],
    ) -> Result<Option<PageRequest>, PagingError> {
        let asked = query_value(&request.target, "pageNumber").and_then(|text| text.parse().ok());
        let number = asked.or_else(|| members.number("pageNumber")).unwrap_or(1);
        let size = members
            .number("pageSize")
            .or_else(|| query_value(&request.target, "pageSize").and_then(|text| text.parse().ok()))
            .filter(|size| *size > 0);
        let pages = members.number("pageCount").or_else(|| Some(members.number("total")?.div_ceil(size?)));
        let goes_on = if let Some(pages) = pages {
            number < pages
        } else if let Some(address) = members.text("nextUri") {
            return follow(Some(address), request, origins);
        } else {
            // Nothing says how long the listing is: a page that is not full is the last.
            let count = members.count(self.items)?;
            count > 0 && size.is_none_or(|size| count >= size)
        };
        Ok(goes_on.then(|| with_query(request, "pageNumber", &(number.saturating_add(1)).to_string())))
    }

    fn next_in_body(
        &self,
        request: &PageRequest,
        members: &Members<'_>,
    ) -> Result<Option<PageRequest>, PagingError> {
        let mut next = request.clone();
        let body = next.body.get_or_insert_with(|| Value::Object(serde_json::Map::new()));
        let Some(body) = body.as_object_mut() else {
            return Err(PagingError::Answer {
                problem: "the body of the request is not an object".to_owned(),
            });
        };
        // Analytics has `paging` in its bodies; searches have both numbers beside the query.
        let flat = !body.contains_key("paging")
            && (body.contains_key("pageNumber") || body.contains_key("pageSize"));
        let paging = if flat {
            body
        } else {
            let paging = body.entry("paging").or_insert_with(|| Value::Object(serde_json::Map::new()));
            let Some(paging) = paging.as_object_mut() else {
                return Err(PagingError::Answer {
                    problem: "`paging` in the request is not an object".to_owned(),
                });
            };
            paging
        };
        let number = paging.get("pageNumber").and_then(Value::as_u64).unwrap_or(1);
        let size = paging.get("pageSize").and_then(Value::as_u64).filter(|size| *size > 0);
        let size = size.or_else(|| members.number("pageSize")).unwrap_or(USUAL_PAGE_SIZE);
        let count = members.count(self.items)?;
        let goes_on = match (
            members.number("pageCount"),
            members.number("totalHits").or_else(|| members.number("total")),
        ) {
            (Some(pages), _) => number < pages,
            (None, Some(total)) => count > 0 && number.saturating_mul(size) < total,
            (None, None) => count >= size,
        };
        paging.insert("pageNumber".to_owned(), Value::from(number.saturating_add(1)));
        if !flat {
            // Said aloud, so that the platform's usual size cannot change between two pages.
            paging.entry("pageSize").or_insert_with(|| Value::from(size));
        }
        Ok(goes_on.then_some(next))
    }

    fn next_start(
        &self,
        request: &PageRequest,
        members: &Members<'_>,
    ) -> Result<Option<PageRequest>, PagingError> {
        let asked = query_value(&request.target, "startIndex").and_then(|text| text.parse().ok());
        let start: u64 = asked.or_else(|| members.number("startIndex")).unwrap_or(1).max(1);
        let count = members.count(self.items)?;
        let next = start.saturating_add(count);
        let goes_on = count > 0 && members.number("totalResults").is_none_or(|total| next <= total);
        Ok(goes_on.then(|| with_query(request, "startIndex", &next.to_string())))
    }

    fn submitted_job(&mut self, request: &PageRequest, members: &Members<'_>) -> Result<Step, PagingError> {
        let Some(id) = members.text("jobId").or_else(|| members.text("id")) else {
            return Err(PagingError::Answer { problem: "`jobId` is missing".to_owned() });
        };
        self.stage = Stage::Poll;
        Ok(Step::Ask { after: Duration::ZERO, request: get(under(&request.target, &[&id])) })
    }

    fn polled_job(&mut self, request: &PageRequest, members: &Members<'_>) -> Result<Step, PagingError> {
        let Some(state) = members.text("state") else {
            return Err(PagingError::Answer { problem: "`state` is missing".to_owned() });
        };
        match state.to_ascii_uppercase().as_str() {
            "FULFILLED" => {
                self.stage = Stage::Results;
                Ok(Step::Ask {
                    after: Duration::ZERO,
                    request: self.results(under(&request.target, &["results"])),
                })
            }
            "FAILED" | "CANCELLED" | "EXPIRED" => {
                Err(PagingError::Failed { state, message: members.text("errorMessage") })
            }
            _ => self.wait(request.clone()),
        }
    }

    fn submitted_execution(
        &mut self,
        request: &PageRequest,
        members: &Members<'_>,
        origins: &[String],
    ) -> Result<Step, PagingError> {
        self.stage = Stage::Poll;
        let request =
            match (follow(members.text("resultsUri"), request, origins)?, members.text("executionId")) {
                (Some(results), _) => self.results(results.target),
                (None, Some(id)) => self.results(under(&request.target, &[&id, "results"])),
                (None, None) => {
                    return Err(PagingError::Answer { problem: "`executionId` is missing".to_owned() });
                }
            };
        Ok(Step::Ask { after: Duration::ZERO, request })
    }

    fn polled_execution(
        &mut self,
        request: &PageRequest,
        members: &Members<'_>,
        origins: &[String],
    ) -> Result<Step, PagingError> {
        let state = members.text("queryStatus").unwrap_or_default();
        match state.to_ascii_uppercase().as_str() {
            "COMPLETE" => Ok(Step::Page { next: self.next(request, members, origins)? }),
            "FAILED" => Err(PagingError::Failed { state, message: members.text("errorMessage") }),
            "" => Err(PagingError::Answer { problem: "`queryStatus` is missing".to_owned() }),
            _ => self.wait(request.clone()),
        }
    }

    /// Waits of one, two, four and then five seconds.
    fn wait(&mut self, request: PageRequest) -> Result<Step, PagingError> {
        if self.polls >= MOST_POLLS {
            return Err(PagingError::Slow { polls: self.polls });
        }
        let seconds = 1_u64.checked_shl(self.polls).unwrap_or(u64::MAX).min(5);
        self.polls += 1;
        Ok(Step::Ask { after: Duration::from_secs(seconds), request })
    }
}

/// Recognises the paging style of an answer without a row by its members.
pub(crate) fn detect(request: &PageRequest, answer: &[u8]) -> Option<Paging> {
    let members = Members::read(answer).ok()?;
    let has = |name: &str| members.0.contains_key(name);
    let is_get = request.method == Method::Get;
    if has("Resources") && has("totalResults") {
        Some(Paging::Scim)
    } else if !is_get && has("jobId") {
        Some(Paging::Job)
    } else if !is_get && has("executionId") {
        Some(Paging::Execution)
    } else if !is_get && (has("totalHits") || has("pageCount")) {
        Some(Paging::Body)
    } else if !is_get {
        None
    } else if has("pageCount") || has("pageNumber") {
        Some(Paging::PageNumber)
    } else if has("nextPage") || has("currentPage") {
        Some(Paging::NextPage)
    } else if has("cursors") || has("after") {
        Some(Paging::After)
    } else if has("cursor") {
        Some(Paging::Cursor)
    } else if has("nextUri") {
        Some(Paging::NextUri)
    } else {
        None
    }
}

/// The items of a page, each as its JSON text.
pub(crate) fn items<'a>(answer: &'a [u8], name: Option<&str>) -> Result<List<'a>, PagingError> {
    Members::read(answer)?.items(name)
}

/// A page with some of the items that it has.
pub(crate) fn with_items(answer: &[u8], name: &str, texts: &[&str]) -> Result<String, PagingError> {
    let mut members = Members::read(answer)?.0;
    let list = RawValue::from_string(format!("[{}]", texts.join(",")));
    // Members and items come from JSON and make JSON.
    let failed = |error: serde_json::Error| PagingError::Answer { problem: error.to_string() };
    let list = list.map_err(failed)?;
    members.insert(name.to_owned(), &list);
    serde_json::to_string(&members).map_err(failed)
}

/// The list of a page that holds its items.
#[derive(Debug, Default)]
pub(crate) struct List<'a> {
    /// The member of the page, such as `entities`; empty when the page has no list.
    pub(crate) name: String,
    /// The items, each as its JSON text.
    pub(crate) texts: Vec<&'a RawValue>,
}

impl List<'_> {
    /// Returns the place of an item, such as `entities[3]`.
    pub(crate) fn place(&self, index: usize) -> String {
        format!("{}[{index}]", self.name)
    }
}

/// Names of the member that holds the items, the usual first.
const ITEM_NAMES: [&str; 9] = [
    "entities",
    "results",
    "Resources",
    "conversations",
    "userDetails",
    "items",
    "values",
    "users",
    "auditMessages",
];

/// The members of an answer, each as its JSON text.
struct Members<'a>(HashMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    fn read(answer: &'a [u8]) -> Result<Self, PagingError> {
        if answer.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        serde_json::from_slice(answer)
            .map(Self)
            .map_err(|error| PagingError::Answer { problem: format!("it is not a JSON object ({error})") })
    }

    fn value(&self, name: &str) -> Option<Value> {
        crate::text::read(self.0.get(name)?.get().as_bytes()).ok()
    }

    /// A text that is not empty; numbers count as their digits.
    fn text(&self, name: &str) -> Option<String> {
        plain_text(&self.value(name)?)
    }

    fn number(&self, name: &str) -> Option<u64> {
        match self.value(name)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    fn after(&self) -> Option<String> {
        let inside = self.value("cursors").and_then(|cursors| plain_text(cursors.get("after")?));
        inside.or_else(|| self.text("after"))
    }

    fn items(&self, name: Option<&str>) -> Result<List<'a>, PagingError> {
        let named = name.into_iter().chain(ITEM_NAMES).find_map(|name| self.0.get_key_value(name));
        let list = named.or_else(|| {
            let mut lists = self.0.iter().filter(|(_, value)| value.get().starts_with('['));
            // Two lists and no known name: guessing would give the wrong items without a word.
            lists.next().filter(|_| lists.next().is_none())
        });
        match list {
            None => Ok(List::default()),
            Some((_, list)) if list.get() == "null" => Ok(List::default()),
            Some((name, list)) => match serde_json::from_str(list.get()) {
                Ok(texts) => Ok(List { name: name.clone(), texts }),
                Err(error) => {
                    Err(PagingError::Answer { problem: format!("its items are not a list ({error})") })
                }
            },
        }
    }

    fn count(&self, name: Option<&str>) -> Result<u64, PagingError> {
        Ok(self.items(name)?.texts.len() as u64)
    }
}

fn plain_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn get(target: String) -> PageRequest {
    PageRequest { method: Method::Get, target, body: None }
}

/// The address that an answer names, on the session's own hosts; a query alone goes with the path of the request.
fn follow(
    address: Option<String>,
    request: &PageRequest,
    origins: &[String],
) -> Result<Option<PageRequest>, PagingError> {
    let Some(address) = address else { return Ok(None) };
    let address = match address.strip_prefix('?') {
        Some(_) => format!("{}{address}", path(&request.target)),
        None => address,
    };
    let (origin, target) = resolve(&address, origins).map_err(PagingError::Address)?;
    if origins.first().is_none_or(|home| home != origin) {
        return Err(PagingError::Address(RequestError::ForeignHost { host: origin.to_owned() }));
    }
    Ok(Some(PageRequest { target, ..request.clone() }))
}

fn path(target: &str) -> &str {
    target.split('?').next().unwrap_or_default()
}

/// A path with more segments, without its query.
fn under(target: &str, segments: &[&str]) -> String {
    let mut longer = path(target).trim_end_matches('/').to_owned();
    for segment in segments {
        longer.push('/');
        push_encoded(&mut longer, segment);
    }
    longer
}

/// The request with one parameter of its query set, in its place if it is there.
fn with_query(request: &PageRequest, name: &str, value: &str) -> PageRequest {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let mut written = format!("{name}=");
    push_encoded(&mut written, value);
    let mut done = false;
    let mut parts = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        if part.split('=').next() != Some(name) {
            parts.push(part);
        } else if !std::mem::replace(&mut done, true) {
            parts.push(&written);
        }
    }
    if !done {
        parts.push(&written);
    }
    PageRequest { target: format!("{path}?{}", parts.join("&")), ..request.clone() }
}

fn query_value(target: &str, name: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    let (_, value) =
        query.split('&').filter_map(|part| part.split_once('=')).find(|(found, _)| *found == name)?;
    Some(percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned())
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn hash_request(request: &PageRequest) -> u64 {
    hash((request.method, &request.target, request.body.as_ref().map(ToString::to_string)))
}
