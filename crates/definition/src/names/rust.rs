//! Names in Rust. Each returns what the text is called; a [`Scope`](super::Scope) with
//! [`Reserved::Rust`](super::Reserved::Rust) then makes it unique and no keyword.

/// A function, a field, an argument: `getUsersMe` becomes `get_users_me`, `selfURI` `self_uri`, `OAuthClient`
/// `o_auth_client`.
pub fn snake(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut name = String::with_capacity(text.len() + 8);
    for (index, &character) in characters.iter().enumerate() {
        if !character.is_ascii_alphanumeric() {
            separate(&mut name);
            continue;
        }
        if character.is_ascii_uppercase() {
            let before = index.checked_sub(1).map(|index| characters[index]);
            let after = characters.get(index + 1);
            let word_ended = before.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
            let acronym_ended =
                before.is_some_and(|c| c.is_ascii_uppercase()) && after.is_some_and(char::is_ascii_lowercase);
            if word_ended || acronym_ended {
                separate(&mut name);
            }
        }
        name.push(character.to_ascii_lowercase());
    }
    let name = name.trim_end_matches('_');
    match name.chars().next() {
        None => "value".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("_{name}"),
        Some(_) => name.to_owned(),
    }
}

fn separate(name: &mut String) {
    if !name.is_empty() && !name.ends_with('_') {
        name.push('_');
    }
}

/// A struct, an enum, a variant: `user-routing.status` becomes `UserRoutingStatus`.
pub fn camel(text: &str) -> String {
    let name = super::pascal(text);
    match name.chars().next() {
        None => "Value".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("V{name}"),
        Some(_) => name,
    }
}

/// The module of a class: `UsersApi` becomes `users`, `TelephonyProvidersEdgeApi` `telephony_providers_edge`.
pub fn module(class: &str) -> String {
    snake(class.strip_suffix("Api").filter(|stem| !stem.is_empty()).unwrap_or(class))
}
