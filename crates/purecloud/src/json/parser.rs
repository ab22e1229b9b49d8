//! A pull parser: whoever wants a value says of which kind, and gets it or a [`Fault`].

use std::borrow::Cow;
use std::fmt::Write as _;

use super::error::{DecodeError, Problem};
use super::slots::Grow;
use super::view::View;
use super::{Object, Value, scan};

/// The deepest nesting of lists and objects; `serde_json` has the same limit.
const DEPTH: usize = 128;

/// A text, and how far it has been read.
#[derive(Debug)]
pub struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// Of a field that its model does not have, on its way to the model's `Extra`.
    name: String,
    /// The number of `null`s left out of lists and maps of models.
    skipped: usize,
    /// `true` if fields that a model does not have are read and dropped.
    known_only: bool,
}

/// A problem and its place; it collects the path on its way out. One pointer wide, since every read returns it.
#[derive(Debug)]
pub struct Fault(Box<Found>);

#[derive(Debug)]
struct Found {
    offset: usize,
    problem: Problem,
    /// From the inside out.
    path: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Field(Cow<'static, str>),
    Item(usize),
}

impl Fault {
    #[cold]
    fn new(offset: usize, problem: Problem) -> Self {
        Self(Box::new(Found { offset, problem, path: Vec::new() }))
    }

    #[cold]
    fn within(mut self, step: Step) -> Self {
        self.0.path.push(step);
        self
    }

    fn into_error(self) -> DecodeError {
        let mut path = String::new();
        for step in self.0.path.iter().rev() {
            match step {
                Step::Field(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                // Writing to a `String` cannot fail.
                Step::Item(index) => drop(write!(path, "[{index}]")),
            }
        }
        DecodeError { path, offset: self.0.offset, problem: self.0.problem }
    }
}

/// Reads the one value of a text; says how many `null`s were left out.
pub(super) fn read_whole(bytes: &[u8], slot: &mut dyn Value) -> Result<usize, DecodeError> {
    let (text, cut) = match std::str::from_utf8(bytes) {
        Ok(text) => (text, false),
        // What is right is read for the path to what is wrong.
        Err(error) => {
            let (right, _) = bytes.split_at(error.valid_up_to());
            (std::str::from_utf8(right).unwrap_or_default(), true)
        }
    };
    let mut parser = Parser::new(text);
    let outcome = parser.value_in(slot).and_then(|()| parser.end());
    match outcome {
        Ok(()) if cut => {
            Err(DecodeError { path: String::new(), offset: text.len(), problem: Problem::Encoding })
        }
        Ok(()) => Ok(parser.skipped),
        Err(fault) => {
            let mut error = fault.into_error();
            if cut && error.problem == Problem::End {
                error.problem = Problem::Encoding;
            }
            Err(error)
        }
    }
}

impl<'a> Parser<'a> {
    /// At the start of a text.
    pub const fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, name: String::new(), skipped: 0, known_only: false }
    }

    /// The same, without the fields that a model does not have.
    pub(super) const fn known_only(mut self) -> Self {
        self.known_only = true;
        self
    }

    fn value_in(&mut self, slot: &mut dyn Value) -> Result<(), Fault> {
        self.space();
        slot.read(self)
    }

    /// Refuses anything but white space before the end of the text.
    ///
    /// # Errors
    /// [`Problem::Trailing`].
    pub fn end(&mut self) -> Result<(), Fault> {
        self.space();
        if self.at == self.text.len() { Ok(()) } else { Err(self.fault(Problem::Trailing)) }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    #[cold]
    fn fault(&self, problem: Problem) -> Fault {
        Fault::new(self.at, problem)
    }

    #[cold]
    fn unexpected(&self, expected: &'static str) -> Fault {
        let found = match self.peek() {
            None => return self.fault(Problem::End),
            Some(b'"') => "a text",
            Some(b'{') => "an object",
            Some(b'[') => "a list",
            Some(b'-' | b'0'..=b'9') => "a number",
            Some(b't' | b'f') => "true or false",
            Some(b'n') => "null",
            Some(_) => "something that is not JSON",
        };
        self.fault(Problem::Unexpected { expected, found })
    }

    /// Reads `null` if it is next, and says whether it was.
    ///
    /// # Errors
    /// When a word begins like `null` and is another.
    #[inline]
    pub fn null(&mut self) -> Result<bool, Fault> {
        if self.peek() != Some(b'n') {
            return Ok(false);
        }
        self.word("null")?;
        Ok(true)
    }

    fn word(&mut self, word: &'static str) -> Result<(), Fault> {
        let rest = &self.text.as_bytes()[self.at..];
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else if word.as_bytes().starts_with(rest) {
            Err(Fault::new(self.text.len(), Problem::End))
        } else {
            let found = "something that is not JSON";
            Err(self.fault(Problem::Unexpected { expected: word, found }))
        }
    }

    /// Reads `true` or `false`, also in a text.
    ///
    /// # Errors
    /// When anything else is next.
    pub fn boolean(&mut self) -> Result<bool, Fault> {
        if self.peek() == Some(b'"') {
            self.quoted("true or false", Self::word_of_two)
        } else {
            Self::word_of_two(self)
        }
    }

    fn word_of_two(parser: &mut Parser<'_>) -> Result<bool, Fault> {
        match parser.peek() {
            Some(b't') => parser.word("true").map(|()| true),
            Some(b'f') => parser.word("false").map(|()| false),
            _ => Err(parser.unexpected("true or false")),
        }
    }

    /// Reads a text.
    ///
    /// # Errors
    /// When anything else is next, or it holds an escape or a control character that JSON does not allow.
    #[inline]
    pub fn text(&mut self) -> Result<Cow<'a, str>, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a text"));
        }
        let start = self.at + 1;
        let end = start + scan::plain(&self.text.as_bytes()[start..]);
        if self.text.as_bytes().get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(Cow::Borrowed(&self.text[start..end]));
        }
        self.at = start;
        self.text_with_escapes().map(Cow::Owned)
    }

    /// Reads a text, or a number, `true` or `false` as the text that it is written as.
    ///
    /// # Errors
    /// When anything else is next, or it is not written as JSON has it.
    #[inline]
    pub fn text_of_scalar(&mut self) -> Result<Cow<'a, str>, Fault> {
        match self.peek() {
            Some(b'-' | b'0'..=b'9') => self.number_literal("a text").map(Cow::Borrowed),
            Some(b't' | b'f') => {
                self.boolean().map(|value| Cow::Borrowed(if value { "true" } else { "false" }))
            }
            _ => self.text(),
        }
    }

    /// Reads a text that holds nothing but a value of another kind, which `read` reads.
    #[cold]
    fn quoted<T>(
        &mut self,
        expected: &'static str,
        read: fn(&mut Parser<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let fault = self.unexpected(expected);
        let text = self.text()?;
        let mut inner = Parser::new(&text);
        read(&mut inner).ok().filter(|_| inner.at == text.len()).ok_or(fault)
    }

    fn text_with_escapes(&mut self) -> Result<String, Fault> {
        let mut unescaped = String::new();
        loop {
            let end = self.at + scan::plain(&self.text.as_bytes()[self.at..]);
            unescaped.push_str(&self.text[self.at..end]);
            self.at = end;
            match self.peek() {
                None => return Err(self.fault(Problem::End)),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(unescaped);
                }
                Some(b'\\') => unescaped.push(self.escape()?),
                Some(_) => return Err(self.fault(Problem::Control)),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let Some(kind) = self.text.as_bytes().get(self.at + 1) else {
            return Err(Fault::new(self.text.len(), Problem::End));
        };
        let character = match kind {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return Err(self.fault(Problem::Escape)),
        };
        self.at += 2;
        Ok(character)
    }

    fn unicode_escape(&mut self) -> Result<char, Fault> {
        let start = self.at;
        let first = self.unit()?;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first).ok_or_else(|| Fault::new(start, Problem::Escape));
        }
        if !self.text[self.at..].starts_with("\\u") {
            let cut = "\\u".starts_with(&self.text[self.at..]);
            let problem = if cut { Problem::End } else { Problem::Escape };
            return Err(Fault::new(if cut { self.text.len() } else { start }, problem));
        }
        let second = self.unit()?;
        if first >= 0xdc00 || !(0xdc00..0xe000).contains(&second) {
            return Err(Fault::new(start, Problem::Escape));
        }
        let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        char::from_u32(code).ok_or_else(|| Fault::new(start, Problem::Escape))
    }

    /// The four digits of `\uXXXX`.
    fn unit(&mut self) -> Result<u32, Fault> {
        let digits = &self.text.as_bytes()[self.at + 2..];
        let mut unit = 0;
        for place in 0..4 {
            let Some(digit) = digits.get(place) else {
                return Err(Fault::new(self.text.len(), Problem::End));
            };
            let Some(digit) = char::from(*digit).to_digit(16) else {
                return Err(self.fault(Problem::Escape));
            };
            unit = unit * 16 + digit;
        }
        self.at += 6;
        Ok(unit)
    }

    /// Reads a whole number, also one that is written with a fraction of zero or an exponent, or stands in a text.
    ///
    /// # Errors
    /// When anything else is next, or the number does not fit.
    pub fn integer(&mut self) -> Result<i64, Fault> {
        if self.peek() == Some(b'"') {
            self.quoted("a whole number", Self::bare_integer)
        } else {
            Self::bare_integer(self)
        }
    }

    /// Reads a whole number of 32 bits as [`Parser::integer`] does.
    ///
    /// # Errors
    /// When anything else is next, or the number does not fit.
    pub fn small_integer(&mut self) -> Result<i32, Fault> {
        let start = self.at;
        let number = self.integer()?;
        i32::try_from(number).map_err(|_| Fault::new(start, Problem::Range))
    }

    fn bare_integer(parser: &mut Parser<'_>) -> Result<i64, Fault> {
        let start = parser.at;
        let literal = parser.number_literal("a whole number")?;
        if let Ok(number) = literal.parse() {
            return Ok(number);
        }
        if !literal.contains(['.', 'e', 'E']) {
            return Err(Fault::new(start, Problem::Range));
        }
        let number = float(literal).ok_or_else(|| Fault::new(start, Problem::Range))?;
        if number.fract() != 0.0 {
            return Err(Fault::new(start, Problem::Fraction));
        }
        // Beyond 2^53 a double is not exact, and a number in that notation was rounded before it came here.
        if number.abs() > 9_007_199_254_740_992.0 {
            return Err(Fault::new(start, Problem::Range));
        }
        Ok(number as i64)
    }

    /// Reads a number, also one in a text.
    ///
    /// # Errors
    /// When anything else is next, or the number is beyond what a double can hold.
    pub fn number(&mut self) -> Result<f64, Fault> {
        if self.peek() == Some(b'"') {
            self.quoted("a number", Self::bare_number)
        } else {
            Self::bare_number(self)
        }
    }

    fn bare_number(parser: &mut Parser<'_>) -> Result<f64, Fault> {
        let start = parser.at;
        let literal = parser.number_literal("a number")?;
        float(literal).ok_or_else(|| Fault::new(start, Problem::Range))
    }

    /// A number as it is written, checked.
    fn number_literal(&mut self, expected: &'static str) -> Result<&'a str, Fault> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let digits = |mut at: usize| {
            while matches!(bytes.get(at), Some(b'0'..=b'9')) {
                at += 1;
            }
            at
        };
        let wrong = |at: usize| {
            let problem = if at == bytes.len() { Problem::End } else { Problem::Number };
            Err(Fault::new(at, problem))
        };
        let first = if bytes.get(start) == Some(&b'-') { start + 1 } else { start };
        let mut end = digits(first);
        if end == first {
            return if first == start { Err(self.unexpected(expected)) } else { wrong(end) };
        }
        if bytes[first] == b'0' && end > first + 1 {
            return wrong(first);
        }
        if bytes.get(end) == Some(&b'.') {
            let fraction = end + 1;
            end = digits(fraction);
            if end == fraction {
                return wrong(end);
            }
        }
        if let Some(b'e' | b'E') = bytes.get(end) {
            let sign = end + 1;
            let exponent = if let Some(b'+' | b'-') = bytes.get(sign) { sign + 1 } else { sign };
            end = digits(exponent);
            if end == exponent {
                return wrong(end);
            }
        }
        self.at = end;
        Ok(&self.text[start..end])
    }

    #[inline]
    fn open(&mut self, bracket: u8, expected: &'static str) -> Result<(), Fault> {
        if self.peek() != Some(bracket) {
            return Err(self.unexpected(expected));
        }
        if self.depth == DEPTH {
            return Err(self.fault(Problem::Depth { limit: DEPTH }));
        }
        self.depth += 1;
        self.at += 1;
        self.space();
        Ok(())
    }

    /// After a member: whether another follows. Reads the comma or the closing bracket.
    #[inline]
    fn goes_on(&mut self, close: u8, expected: &'static str) -> Result<bool, Fault> {
        self.space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.space();
                Ok(true)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    /// Returns whether a list or an object that was just opened is empty; reads the closing bracket if it is.
    #[inline]
    fn closes(&mut self, close: u8) -> bool {
        let closes = self.peek() == Some(close);
        if closes {
            self.at += 1;
            self.depth -= 1;
        }
        closes
    }

    /// Reads a list, calling `item` for each of its items with the parser in front of it.
    ///
    /// # Errors
    /// When anything else is next, or `item` fails.
    #[inline]
    pub fn list(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        self.open(b'[', "a list")?;
        if self.closes(b']') {
            return Ok(());
        }
        let mut index = 0;
        loop {
            item(self).map_err(|fault| fault.within(Step::Item(index)))?;
            if !self.goes_on(b']', "`,` or `]`")? {
                return Ok(());
            }
            index += 1;
        }
    }

    /// Reads a list, each item where it grows.
    pub(super) fn items(&mut self, list: &mut dyn Grow) -> Result<(), Fault> {
        self.list(|parser| parser.grown(list, ""))
    }

    /// Reads an object with free names, each value where it grows.
    pub(super) fn entries(&mut self, map: &mut dyn Grow) -> Result<(), Fault> {
        self.map(|parser, name| parser.grown(map, name))
    }

    /// Reads a value where it grows. A `null` has no place among models: it is left out.
    #[inline]
    fn grown(&mut self, place: &mut dyn Grow, name: &str) -> Result<(), Fault> {
        let slot = place.grow(name);
        if self.peek() == Some(b'n') && matches!(slot.view(), View::Object(_)) {
            place.shrink(name);
            self.skipped += 1;
            return self.word("null");
        }
        slot.read(self)
    }

    fn colon(&mut self) -> Result<(), Fault> {
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.at += 1;
        self.space();
        Ok(())
    }

    /// Reads an object with free names, calling `entry` for each with the parser in front of the value.
    ///
    /// # Errors
    /// When anything else is next, or `entry` fails.
    pub fn map(&mut self, mut entry: impl FnMut(&mut Self, &str) -> Result<(), Fault>) -> Result<(), Fault> {
        self.open(b'{', "an object")?;
        if self.closes(b'}') {
            return Ok(());
        }
        loop {
            let name = self.text()?;
            self.colon()?;
            entry(self, &name).map_err(|fault| fault.within(Step::Field(name.into_owned().into())))?;
            if !self.goes_on(b'}', "`,` or `}`")? {
                return Ok(());
            }
        }
    }

    /// Reads the fields of a model. A name that occurs twice has its last value.
    ///
    /// # Errors
    /// When no object is next, or a field is not of its type.
    pub fn object(&mut self, object: &mut dyn Object) -> Result<(), Fault> {
        self.open(b'{', "an object")?;
        if self.closes(b'}') {
            return Ok(());
        }
        let fields = object.shape().fields;
        let mut expected = 0;
        loop {
            match self.field(fields, expected)? {
                Ok(index) => {
                    let slot = object.slot(index);
                    let within = |fault: Fault| fault.within(Step::Field(super::name(fields[index]).into()));
                    slot.read(self).map_err(within)?;
                    expected = index + 1;
                }
                Err(name) if self.known_only => {
                    self.any().map_err(|fault| fault.within(Step::Field(name.into_owned().into())))?;
                }
                Err(name) => {
                    self.name = name.into_owned();
                    let extra = object.slot(fields.len());
                    if let Err(fault) = extra.read(self) {
                        return Err(fault.within(Step::Field(self.name.clone().into())));
                    }
                }
            }
            if !self.goes_on(b'}', "`,` or `}`")? {
                return Ok(());
            }
        }
    }

    /// The name of the field that comes next; errors name it too, so it stays.
    pub(super) fn take_name(&self) -> String {
        self.name.clone()
    }

    /// Reads a name and the colon behind it, and finds its index. The platform writes the fields of a model in one
    /// order, so that the name after the last one found is nearly always the next.
    #[inline]
    fn field(
        &mut self,
        fields: &'static [&'static str],
        expected: usize,
    ) -> Result<Result<usize, Cow<'a, str>>, Fault> {
        if let Some(field) = fields.get(expected)
            && let Some(written) = field.as_bytes().get(1..)
            && self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(written))
        {
            self.at += written.len();
            self.space();
            return Ok(Ok(expected));
        }
        let name = self.text()?;
        self.colon()?;
        let (before, after) = fields.split_at(expected.min(fields.len()));
        let same = |field: &&'static str| super::is_named(field, &name);
        let found = after.iter().position(same).map(|index| before.len() + index);
        Ok(found.or_else(|| before.iter().position(same)).ok_or(name))
    }

    /// Reads a value of any kind.
    ///
    /// # Errors
    /// When the text is no JSON.
    pub fn any(&mut self) -> Result<serde_json::Value, Fault> {
        use serde_json::Value;
        Ok(match self.peek() {
            Some(b'"') => Value::String(self.text()?.into_owned()),
            Some(b'{') => {
                let mut map = serde_json::Map::new();
                self.map(|parser, name| {
                    map.insert(name.to_owned(), parser.any()?);
                    Ok(())
                })?;
                Value::Object(map)
            }
            Some(b'[') => {
                let mut items = Vec::new();
                self.list(|parser| {
                    items.push(parser.any()?);
                    Ok(())
                })?;
                Value::Array(items)
            }
            Some(b'n') => {
                self.word("null")?;
                Value::Null
            }
            Some(b't' | b'f') => Value::Bool(self.boolean()?),
            _ => {
                let start = self.at;
                let literal = self.number_literal("a value")?;
                // No whole number has the sign of this one.
                let whole = (literal != "-0").then(|| {
                    let signed = literal.parse::<i64>().map(Into::into);
                    signed.or_else(|_| literal.parse::<u64>().map(Into::into)).ok()
                });
                let number =
                    whole.flatten().or_else(|| float(literal).and_then(serde_json::Number::from_f64));
                Value::Number(number.ok_or_else(|| Fault::new(start, Problem::Range))?)
            }
        })
    }
}

/// The double nearest to a number; `None` when that is infinite.
fn float(literal: &str) -> Option<f64> {
    literal.parse().ok().filter(|number: &f64| number.is_finite())
}
