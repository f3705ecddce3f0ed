//! Telegram's HTML, read as strictly as Telegram reads it
//! (<https://core.telegram.org/bots/api#html-style>): so that a test can tell what a
//! person would see, and that no text has become markup.

/// The tags without attributes that the Bot API knows.
const TAGS: [&str; 13] = [
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "code",
    "pre",
    "tg-spoiler",
    "blockquote",
];

/// A message as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parsed {
    /// The text, without markup.
    pub text: String,
    /// Every piece of marked-up text with its tag, in the order of their ends.
    pub entities: Vec<(String, String)>,
}

/// Reads `html`; an error is worded like Telegram's.
pub fn parse(html: &str) -> Result<Parsed, String> {
    let mut parsed = Parsed::default();
    let mut open: Vec<(String, usize)> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        parsed.text.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = if rest.starts_with('<') {
            tag(rest, &mut parsed, &mut open)?
        } else {
            entity(rest, &mut parsed.text)?
        };
    }
    parsed.text.push_str(rest);
    match open.pop() {
        None => Ok(parsed),
        Some((name, _)) => Err(format!(
            "can't find end tag corresponding to start tag {name}"
        )),
    }
}

fn tag<'a>(
    rest: &'a str,
    parsed: &mut Parsed,
    open: &mut Vec<(String, usize)>,
) -> Result<&'a str, String> {
    let end = rest.find('>').ok_or("unclosed start tag")?;
    let inner = &rest[1..end];
    let (closing, name) = match inner.strip_prefix('/') {
        Some(name) => (true, name),
        None => (false, inner),
    };
    if !TAGS.contains(&name) {
        return Err(format!("unsupported start tag \"{name}\""));
    }
    if closing {
        match open.pop() {
            Some((opened, from)) if opened == name => {
                let inside = parsed.text[from..].to_owned();
                parsed.entities.push((opened, inside));
            }
            _ => return Err(format!("unexpected end tag \"{name}\"")),
        }
    } else {
        open.push((name.to_owned(), parsed.text.len()));
    }
    Ok(&rest[end + 1..])
}

fn entity<'a>(rest: &'a str, text: &mut String) -> Result<&'a str, String> {
    for (name, character) in [
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&amp;", '&'),
        ("&quot;", '"'),
        ("&#34;", '"'),
        ("&#38;", '&'),
        ("&#39;", '\''),
        ("&#60;", '<'),
        ("&#62;", '>'),
    ] {
        if let Some(after) = rest.strip_prefix(name) {
            text.push(character);
            return Ok(after);
        }
    }
    Err("bare ampersand".to_owned())
}
