//! Listings of typed operations: pages as their models, items as theirs.

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::StreamExt;

use super::{Operation, TypedCall};
use crate::answer::Answer;
use crate::error::Error;
use crate::json::{self, Value};
use crate::pages::{Items, Page, Pages, Position};
use crate::paging;

/// An operation whose answers are pages of a listing.
pub trait Listing: Operation {
    /// One page. Where a listing begins with a job, that of its results.
    type Page: Value + Default + Send;

    /// The type of its items.
    type Item: Value + Default + Send;
}

impl<O: Listing> TypedCall<O> {
    /// Items in a page of the results, where the listing begins with a job; see
    /// [`Call::results_page_size`](crate::Call::results_page_size).
    pub fn results_page_size(self, items: u32) -> Self {
        self.configure(|call| call.results_page_size(items))
    }

    /// The pages, from the one that the arguments name.
    pub fn pages(self) -> TypedPages<O> {
        TypedPages::new(self.raw().pages())
    }

    /// The items of all pages. [`TypedPages::prefetch`] fetches pages ahead of the items that were taken.
    pub fn items(self) -> Items<O::Item> {
        self.pages().items()
    }

    /// The items of all pages in one list.
    ///
    /// # Errors
    /// The first error of [`Items::next`].
    pub async fn collect_all(self) -> Result<Vec<O::Item>, Error> {
        self.items().collect_all().await
    }

    /// The same as [`Self::items`].
    pub fn stream(self) -> Items<O::Item> {
        self.items()
    }

    /// The pages from a position that was kept. Arguments of this call that say where to begin do not count.
    pub fn resume(self, position: Position) -> TypedPages<O> {
        TypedPages::new(self.raw().resume(position))
    }
}

/// One page of a listing, and its model.
#[derive(Debug, Clone)]
pub struct TypedPage<P> {
    value: P,
    page: Page,
    unreadable: Arc<[Error]>,
}

impl<P> TypedPage<P> {
    /// Returns the value of the page.
    pub const fn value(&self) -> &P {
        &self.value
    }

    /// The items that could not be read, each an [`Error::Decode`] with its place; [`Self::value`] is without them.
    pub fn unreadable(&self) -> &[Error] {
        &self.unreadable
    }

    /// Gives what the page holds away.
    pub fn into_value(self) -> P {
        self.value
    }

    /// The answer as it came.
    pub const fn answer(&self) -> &Answer {
        self.page.answer()
    }

    /// Returns the position after this page; `None` after the last. Keep it to [resume](TypedCall::resume) there.
    pub const fn next(&self) -> Option<&Position> {
        self.page.next()
    }
}

/// The pages of a listing, in order. A `Stream`, and usable without one's traits.
#[must_use = "pages are read by `next`"]
pub struct TypedPages<O> {
    pages: Pages,
    operation: PhantomData<fn() -> O>,
}

impl<O> std::fmt::Debug for TypedPages<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TypedPages").finish_non_exhaustive()
    }
}

impl<O: Listing> TypedPages<O> {
    const fn new(pages: Pages) -> Self {
        Self { pages, operation: PhantomData }
    }

    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// Those of a call and [`Error::Paging`], after which there is nothing more, and [`Error::Decode`] for a page that
    /// does not fit; the pages after it can still be read. Of items that do not fit the page tells itself: see
    /// [`TypedPage::unreadable`].
    pub async fn next(&mut self) -> Result<Option<TypedPage<O::Page>>, Error> {
        StreamExt::next(self).await.transpose()
    }

    /// Fetches up to `pages` pages ahead of those that were taken; at most 16. They are given up with the stream.
    pub fn prefetch(self, pages: usize) -> Self {
        Self::new(self.pages.prefetch(pages))
    }

    /// The items of all pages.
    pub fn items(self) -> Items<O::Item> {
        self.pages.items_with(|answer, text| read(answer, text.as_bytes()))
    }
}

fn read<T: Value + Default>(answer: &Answer, text: &[u8]) -> Result<T, Error> {
    json::from_slice(text).map_err(|source| answer.misfit::<T>(source))
}

/// A page, and the items that had to be left out of it.
fn read_page<O: Listing>(page: &Page) -> Result<(O::Page, Arc<[Error]>), Error> {
    let misfit = |source| page.answer().misfit::<O::Page>(source);
    if page.text().is_empty() {
        return Ok(Default::default());
    }
    let failure = match json::read(page.text()) {
        Ok((value, 0)) => return Ok((value, Arc::default())),
        Ok(_) => None,
        Err(failure) => Some(failure),
    };
    // Something in it is not as it should be: item by item, what is as it should be is found.
    let list = page.list()?;
    let read_item = |answer: &Answer, text: &str| read::<O::Item>(answer, text.as_bytes()).map(drop);
    let items = page.each(read_item).zip(&list.texts);
    let (mut sound, mut unreadable) = (Vec::new(), Vec::new());
    for (item, text) in items {
        match item {
            Ok(()) => sound.push(text.get()),
            Err(error) => unreadable.push(error),
        }
    }
    if unreadable.is_empty()
        && let Some(failure) = failure
    {
        return Err(misfit(failure));
    }
    let text = paging::with_items(page.text(), &list.name, &sound).map_err(|problem| {
        let operation = page.answer().operation.clone();
        Error::Paging { operation, problem }
    })?;
    let value = json::from_slice(text.as_bytes()).map_err(misfit)?;
    Ok((value, unreadable.into()))
}

impl<O: Listing> Stream for TypedPages<O> {
    type Item = Result<TypedPage<O::Page>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let page = std::task::ready!(self.pages.poll_next_unpin(context));
        Poll::Ready(page.map(|page| {
            let page = page?;
            let (value, unreadable) = read_page::<O>(&page)?;
            Ok(TypedPage { value, page, unreadable })
        }))
    }
}
