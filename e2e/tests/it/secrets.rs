//! No secret is committed: not a key, not a token of a known shape, not a password in
//! an assignment or a URL. Tests make theirs when they run.

use std::{fs, path::Path, process::Command};

/// How tokens of well-known issuers begin, and how many characters follow at least.
const TOKENS: [(&str, usize); 14] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 35),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("github_pat_", 30),
    ("glpat-", 20),
    ("npm_", 30),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("sk_live_", 16),
    ("rk_live_", 16),
];
/// What the names of secrets end with.
const NAMES: [&str; 7] = [
    "password",
    "passwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "credential",
];

/// What in this text looks like a secret.
fn secrets(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    // Put together here, so that this file does not hold what it looks for.
    let key = ["PRIVATE", " KEY-----"].concat();
    found.extend(text.contains(&key).then(|| key.clone()));
    let part_of_token = |it: char| it.is_ascii_alphanumeric() || "_-:".contains(it);
    for word in text.split(|it| !part_of_token(it)) {
        if is_token(word) {
            found.push(word.to_owned());
        }
    }
    for line in text.lines() {
        found.extend(literal(line));
        found.extend(in_url(line));
    }
    found
}

fn is_token(word: &str) -> bool {
    let issued = TOKENS.iter().any(|(prefix, least)| {
        word.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() >= *least && is_random(rest))
    });
    issued || is_bot_token(word) || is_signed_token(word)
}

/// A Telegram bot's: its number, a colon, 35 characters.
fn is_bot_token(word: &str) -> bool {
    word.split_once(':').is_some_and(|(number, rest)| {
        (8..=10).contains(&number.len())
            && number.bytes().all(|it| it.is_ascii_digit())
            && rest.len() == 35
            && is_random(rest)
    })
}

/// A JSON Web Token's head: `{"` in base64.
fn is_signed_token(word: &str) -> bool {
    word.len() >= 20 && word.starts_with("eyJ") && is_random(word)
}

/// Letters and digits both: no word of a language, and no number.
fn is_random(text: &str) -> bool {
    text.bytes().any(|it| it.is_ascii_digit()) && text.bytes().any(|it| it.is_ascii_alphabetic())
}

/// `password = "…"`, `token: '…'`: a literal of twelve characters or more that is no
/// sentence, no variable and no placeholder.
fn literal(line: &str) -> Option<String> {
    let lower = line.to_ascii_lowercase();
    let name = NAMES
        .iter()
        .find_map(|name| Some(lower.find(name)? + name.len()))?;
    let rest = line[name..].trim_start_matches(['"', '\'', ' ']);
    let value = rest.strip_prefix(['=', ':'])?.trim_start();
    let quote = value.chars().next().filter(|it| "\"'".contains(*it))?;
    let value = value[1..].split(quote).next()?;
    let plain = value
        .bytes()
        .all(|it| it.is_ascii_graphic() && !b"${}<>/".contains(&it));
    (value.len() >= 12 && plain && is_random(value)).then(|| value.to_owned())
}

/// A password between a URL's user and its host.
fn in_url(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("://")?;
    let authority = rest.split(['/', ' ', '"', '\'', '`', ')']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    let (_, password) = user.split_once(':')?;
    let literal = password.len() >= 8 && !password.contains(['$', '{', '<', '*']);
    literal.then(|| authority.to_owned())
}

#[test]
fn invariant_9_no_secret_is_committed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(&root)
        .output()
        .unwrap();
    let names = String::from_utf8(output.stdout).unwrap();
    let mut searched = 0;
    let mut found = Vec::new();
    for name in names.split('\0').filter(|name| !name.is_empty()) {
        // Hashes of packages, by the hundred.
        if name.ends_with("Cargo.lock") {
            continue;
        }
        let Ok(text) = fs::read_to_string(root.join(name)) else {
            continue;
        };
        searched += 1;
        found.extend(secrets(&text).into_iter().map(|it| format!("{name}: {it}")));
    }
    assert!(searched > 300, "only {searched} files");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_search_finds_what_it_is_for() {
    let random = "Zx9".repeat(20);
    let planted = [
        format!("-----BEGIN EC {}", ["PRIVATE", " KEY-----"].concat()),
        format!("x = AKIA{}", &random[..16]),
        format!("ghp_{}", &random[..36]),
        format!("TELEGRAM_BOT_TOKEN=123456789:{}", &random[..35]),
        format!("eyJ{random}.eyJ{random}"),
        format!("password = \"{}\"", &random[..16]),
        format!("\"api_key\": '{}'", &random[..16]),
        format!("postgres://order:{}@localhost/order", &random[..8]),
    ];
    for text in planted {
        assert!(!secrets(&text).is_empty(), "{text}");
    }
    for text in [
        "password = \"a long password $RANDOM\"",
        "token: String",
        "postgres://order:${PASSWORD}@localhost/order",
        "let secret = random();",
        "AKIA",
        "https://a.example:8080/x@y",
    ] {
        assert!(secrets(text).is_empty(), "{text}");
    }
}
