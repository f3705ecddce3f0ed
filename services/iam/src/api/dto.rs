//! The JSON bodies. Those that carry secrets have no `Debug`.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    domain::{NotificationMethod, Session, User},
    service::Registration,
};

/// A way to reach a user.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NotificationMethodBody {
    /// For example `telegram`.
    #[schema(example = "telegram", pattern = "^[a-z0-9_-]{1,32}$")]
    provider_name: String,
    /// Where the provider finds the user; for Telegram the chat id.
    #[schema(example = "123456789", min_length = 1, max_length = 128)]
    target: String,
}

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterBody {
    /// What to sign in with; case does not matter.
    #[schema(example = "ann", pattern = "^[A-Za-z0-9._-]{3,64}$")]
    login: String,
    /// One account per address; case does not matter.
    #[schema(example = "ann@example.org", max_length = 254)]
    email: String,
    /// Any characters.
    #[schema(min_length = 8, max_length = 128, format = Password)]
    password: String,
    /// How to reach the user.
    #[serde(default)]
    #[schema(max_items = 5)]
    notification_methods: Vec<NotificationMethodBody>,
}

impl From<RegisterBody> for Registration {
    fn from(body: RegisterBody) -> Self {
        Self {
            login: body.login,
            email: body.email,
            password: body.password,
            notification_methods: body
                .notification_methods
                .into_iter()
                .map(|method| (method.provider_name, method.target))
                .collect(),
        }
    }
}

/// The account that was opened.
#[derive(Serialize, ToSchema)]
pub(super) struct RegisteredBody {
    /// Its id.
    pub(super) user_uuid: Uuid,
}

/// Proof of an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginBody {
    /// The account's login.
    #[schema(example = "ann")]
    pub(super) login: String,
    /// Its password.
    #[schema(format = Password, max_length = 512)]
    pub(super) password: String,
}

/// The session that began.
#[derive(Serialize, ToSchema)]
pub(super) struct LoggedInBody {
    /// The session id: a secret, to be sent as `X-Session-Uuid`.
    pub(super) session_uuid: Uuid,
    /// When the session ends, 24 hours after its beginning.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) expires_at: OffsetDateTime,
}

/// When a session began and when it ends.
#[derive(Serialize, ToSchema)]
struct SessionBody {
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// The caller.
#[derive(Serialize, ToSchema)]
pub(super) struct WhoamiBody {
    user_uuid: Uuid,
    login: String,
    email: String,
    notification_methods: Vec<NotificationMethodBody>,
    session: SessionBody,
}

impl WhoamiBody {
    pub(super) fn new(session: &Session, user: &User) -> Self {
        Self {
            user_uuid: user.user_uuid,
            login: user.login.as_str().to_owned(),
            email: user.email.as_str().to_owned(),
            notification_methods: user.notification_methods.iter().map(Into::into).collect(),
            session: SessionBody {
                created_at: session.created_at,
                expires_at: session.expires_at,
            },
        }
    }
}

impl From<&NotificationMethod> for NotificationMethodBody {
    fn from(method: &NotificationMethod) -> Self {
        Self {
            provider_name: method.provider_name().to_owned(),
            target: method.target().to_owned(),
        }
    }
}
