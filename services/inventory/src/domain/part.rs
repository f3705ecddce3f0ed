//! A part as the shop shows it.

use std::collections::BTreeMap;

use rocket_runtime::money::Money;
use time::OffsetDateTime;
use uuid::Uuid;

/// What a part is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// It pushes.
    Engine,
    /// It burns.
    Fuel,
    /// One looks through it.
    Porthole,
    /// It steers, or lifts.
    Wing,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Engine, Self::Fuel, Self::Porthole, Self::Wing];

    /// Its name in JSON, YAML and the stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Engine => "ENGINE",
            Self::Fuel => "FUEL",
            Self::Porthole => "PORTHOLE",
            Self::Wing => "WING",
        }
    }

    /// The category of that name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|category| category.as_str() == name)
    }
}

/// Outer dimensions and mass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dimensions {
    /// Length in centimetres.
    pub length_cm: f64,
    /// Width in centimetres.
    pub width_cm: f64,
    /// Height in centimetres.
    pub height_cm: f64,
    /// Mass in kilograms.
    pub weight_kg: f64,
}

/// Who makes a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manufacturer {
    /// The firm's name.
    pub name: String,
    /// The English short name of its country, for example `Germany`.
    pub country: String,
    /// Its page, an `https://` address.
    pub website: String,
}

/// One value of a part's free-form properties.
#[derive(Debug, Clone, PartialEq)]
pub enum MetadataValue {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction; always finite.
    Double(f64),
    /// Yes or no.
    Flag(bool),
}

/// All of a part that a catalogue decides.
#[derive(Debug, Clone, PartialEq)]
pub struct PartDetails {
    /// What customers call it.
    pub name: String,
    /// A sentence or two about it.
    pub description: String,
    /// The price of one.
    pub price: Money,
    /// What it is for.
    pub category: Category,
    /// Its size and mass.
    pub dimensions: Dimensions,
    /// Who makes it.
    pub manufacturer: Manufacturer,
    /// Words to find it by, without duplicates, in the catalogue's order.
    pub tags: Vec<String>,
    /// Free-form properties.
    pub metadata: BTreeMap<String, MetadataValue>,
}

/// A part in the store.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its id.
    pub uuid: Uuid,
    /// What the catalogue says about it.
    pub details: PartDetails,
    /// How many can still be ordered: neither held nor sold.
    pub stock: i64,
    /// When it was first imported.
    pub created_at: OffsetDateTime,
    /// When an import last changed its details. Orders do not change it.
    pub updated_at: OffsetDateTime,
}
