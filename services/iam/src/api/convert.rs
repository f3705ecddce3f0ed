//! Domain types as the wire carries them.

use prost_types::Timestamp;
use rocket_proto::{auth::v1 as auth, user::v1 as user};
use time::OffsetDateTime;

use crate::domain::{NotificationMethod, Session, User};

/// A point in time as protobuf has it.
pub(super) fn timestamp(at: OffsetDateTime) -> Timestamp {
    Timestamp {
        seconds: at.unix_timestamp(),
        // Below one thousand million by definition.
        nanos: i32::try_from(at.nanosecond()).unwrap_or_default(),
    }
}

pub(super) fn session(session: &Session) -> auth::Session {
    auth::Session {
        created_at: Some(timestamp(session.created_at)),
        expires_at: Some(timestamp(session.expires_at)),
    }
}

pub(super) fn user(user: &User) -> user::User {
    user::User {
        user_uuid: user.user_uuid.to_string(),
        info: Some(user::UserInfo {
            login: user.login.as_str().to_owned(),
            email: user.email.as_str().to_owned(),
            notification_methods: user.notification_methods.iter().map(method).collect(),
        }),
        created_at: Some(timestamp(user.created_at)),
        updated_at: Some(timestamp(user.updated_at)),
    }
}

fn method(method: &NotificationMethod) -> user::NotificationMethod {
    user::NotificationMethod {
        provider_name: method.provider_name().to_owned(),
        target: method.target().to_owned(),
    }
}
