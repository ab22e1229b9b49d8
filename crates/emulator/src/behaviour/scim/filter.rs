//! Filters of SCIM: one comparison of one attribute.

use serde_json::Value;

use crate::http::problem::Problem;

/// What a filter compares: an attribute, how, and with what.
pub(super) struct Filter<'a> {
    attribute: &'a str,
    operator: String,
    value: String,
}

/// Reads a filter of one comparison, such as `userName eq "ada@example.com"` or `title pr`.
pub(super) fn parse(text: &str) -> Result<Filter<'_>, Problem> {
    let wrong = || {
        Problem::bad_request("The filter must be one comparison, such as: userName eq \"ada@example.com\"")
    };
    let (attribute, rest) = text.trim().split_once(' ').ok_or_else(wrong)?;
    let (operator, value) = rest.trim().split_once(' ').unwrap_or((rest, ""));
    let operator = operator.to_ascii_lowercase();
    let known = matches!(operator.as_str(), "eq" | "ne" | "sw" | "ew" | "co" | "pr");
    if !known || (operator != "pr") == value.trim().is_empty() {
        return Err(wrong());
    }
    Ok(Filter { attribute, operator, value: value.trim().trim_matches('"').to_lowercase() })
}

impl Filter<'_> {
    pub(super) fn fits(&self, resource: &Value) -> bool {
        let own = match self.attribute.split(['.', '[']).next().unwrap_or_default() {
            "emails" => &resource["emails"][0]["value"],
            name => &resource[name],
        };
        let own = match own {
            Value::Null => return self.operator == "ne",
            Value::String(text) => text.to_lowercase(),
            other => other.to_string(),
        };
        match self.operator.as_str() {
            "eq" => own == self.value,
            "ne" => own != self.value,
            "sw" => own.starts_with(&self.value),
            "ew" => own.ends_with(&self.value),
            "co" => own.contains(&self.value),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(filter: &str, expect: Option<bool>) {
        let user = json!({ "userName": "Ada@example.com", "active": true, "emails": [{ "value": "a@b.c" }] });
        assert_eq!(parse(filter).ok().map(|filter| filter.fits(&user)), expect, "{filter}");
    }

    #[test]
    fn filters_compare_one_attribute() {
        check("userName eq \"ada@example.com\"", Some(true));
        check("userName eq \"bob@example.com\"", Some(false));
        check("userName SW \"ada\"", Some(true));
        check("active eq true", Some(true));
        check("emails.value co \"b.c\"", Some(true));
        check("title pr", Some(false));
        check("title ne \"x\"", Some(true));
        check("userName", None);
        check("userName eq", None);
        check("userName like \"x\"", None);
    }
}
