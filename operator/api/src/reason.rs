//! Why something is as it is: one closed list for conditions, events and metrics.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident,)+) => {
        /// Why a condition, an event or a component is as it is.
        ///
        /// Closed, so dashboards and alerts can count on it. A reason written by
        /// a newer version reads as [`Reason::Unknown`] rather than failing.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Reason {
            $($(#[$doc])* $variant,)+
            /// A reason this version does not know.
            #[serde(other)]
            Unknown,
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+ Self::Unknown];

            /// The reason as it is written.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)+ Self::Unknown => "Unknown" }
            }
        }
    };
}

reasons! {
    /// Everything is as the spec asks.
    AllHealthy,
    /// The first pass has not ended.
    Initializing,
    /// The spec breaks a rule that a retry cannot mend.
    InvalidSpec,
    /// The platform is paused.
    Paused,
    /// The platform is being deleted.
    Deleting,
    /// Objects are being applied.
    Applying,
    /// A component's own pods are not ready yet.
    WaitingForComponent,
    /// A component waits for another it needs.
    WaitingForDependency,
    /// A Secret the spec refers to is missing or lacks a key.
    SecretMissing,
    /// The cluster lacks a kind that the spec needs.
    KindMissing,
    /// A store that somebody else runs cannot be reached.
    StoreUnreachable,
    /// New pods replace old ones.
    RollingUpdate,
    /// A new version is being rolled out.
    UpgradeInProgress,
    /// A new version did not become healthy in time.
    UpgradeFailed,
    /// Stateless components returned to the last healthy version.
    RolledBack,
    /// Credentials are being replaced.
    Rotating,
    /// An object was changed by somebody else and put back.
    DriftCorrected,
    /// The configuration of a component changed.
    ConfigChanged,
    /// The API server refused or did not answer.
    ApiError,
    /// An object of that name belongs to somebody else.
    OwnershipConflict,
    /// The part is switched off.
    Disabled,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Reason {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().find(|reason| reason.as_str() == text);
        Ok(known.copied().unwrap_or(Self::Unknown))
    }
}

impl JsonSchema for Reason {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Reason".into()
    }

    // Not an enumeration: an older definition must not refuse the status of a newer operator.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "maxLength": 64})
    }
}
