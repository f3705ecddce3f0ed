//! What a catalogue entry must be to become a part.

use std::collections::HashSet;

use uuid::Uuid;

use super::{Dimensions, MetadataValue, PartDetails};

/// The most pieces of one part.
pub const MAX_STOCK: i64 = 1_000_000_000;

const MAX_NAME: usize = 200;
const MAX_DESCRIPTION: usize = 4_000;
const MAX_WORD: usize = 100;
const MAX_ENTRIES: usize = 32;

/// One entry of a catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPart {
    /// Its id, fixed by the catalogue.
    pub uuid: Uuid,
    /// What customers see.
    pub details: PartDetails,
    /// How many were ever brought in, including those that are held or sold by now.
    pub stock: i64,
}

/// One thing wrong in a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}")]
pub struct Problem {
    /// Where, for example `parts[3].price`.
    pub field: String,
    /// What was expected there.
    pub expected: String,
}

impl Problem {
    /// `expected` at `field`.
    pub fn new(field: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            expected: expected.into(),
        }
    }
}

impl NewPart {
    /// What is wrong with it; fields are named relative to the entry.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Found(Vec::new());
        let details = &self.details;
        let maker = &details.manufacturer;
        found.unless(!self.uuid.is_nil(), "uuid", "a UUID that is not nil");
        found.word("name", &details.name, MAX_NAME);
        found.text("description", &details.description, MAX_DESCRIPTION);
        found.unless(
            (0..=MAX_STOCK).contains(&self.stock),
            "stock",
            "a whole number from 0 to 1000000000",
        );
        found.dimensions(&details.dimensions);
        found.text("manufacturer.name", &maker.name, MAX_NAME);
        found.word("manufacturer.country", &maker.country, MAX_WORD);
        found.unless(
            maker.website.starts_with("https://") && maker.website.len() <= MAX_NAME,
            "manufacturer.website",
            "an address that starts with https://",
        );
        found.tags(&details.tags);
        found.unless(
            details.metadata.len() <= MAX_ENTRIES,
            "metadata",
            "at most 32 entries",
        );
        for (key, value) in &details.metadata {
            found.metadata(key, value);
        }
        found.0
    }
}

struct Found(Vec<Problem>);

impl Found {
    fn unless(&mut self, good: bool, field: &str, expected: &str) {
        if !good {
            self.0.push(Problem::new(field, expected));
        }
    }

    fn text(&mut self, field: &str, text: &str, most: usize) {
        self.unless(
            is_text(text, most),
            field,
            &format!("1 to {most} characters without blanks at either end"),
        );
    }

    /// Text that a filter may name, where a comma separates values.
    fn word(&mut self, field: &str, text: &str, most: usize) {
        self.unless(
            is_text(text, most) && !text.contains(','),
            field,
            &format!("1 to {most} characters without a comma and without blanks at either end"),
        );
    }

    fn dimensions(&mut self, size: &Dimensions) {
        for (field, value) in [
            ("dimensions.length_cm", size.length_cm),
            ("dimensions.width_cm", size.width_cm),
            ("dimensions.height_cm", size.height_cm),
            ("dimensions.weight_kg", size.weight_kg),
        ] {
            let good = value.is_finite() && value >= 0.0;
            self.unless(good, field, "a finite number that is not negative");
        }
    }

    fn tags(&mut self, tags: &[String]) {
        self.unless(tags.len() <= MAX_ENTRIES, "tags", "at most 32 tags");
        let mut seen = HashSet::new();
        for (index, tag) in tags.iter().enumerate() {
            let field = format!("tags[{index}]");
            self.word(&field, tag, MAX_WORD);
            self.unless(seen.insert(tag), &field, "each tag once");
        }
    }

    fn metadata(&mut self, key: &str, value: &MetadataValue) {
        self.unless(
            is_text(key, MAX_WORD),
            &format!("metadata.{key}"),
            "a name of 1 to 100 characters",
        );
        let good = match value {
            MetadataValue::Text(text) => text.chars().count() <= MAX_DESCRIPTION,
            MetadataValue::Double(number) => number.is_finite(),
            MetadataValue::Integer(_) | MetadataValue::Flag(_) => true,
        };
        self.unless(
            good,
            &format!("metadata.{key}"),
            "at most 4000 characters, or a finite number",
        );
    }
}

fn is_text(text: &str, most: usize) -> bool {
    !text.is_empty() && text.trim() == text && text.chars().count() <= most
}
