//! Contacts as IAM knows them.

use std::time::Duration;

use async_trait::async_trait;
use moka::future::Cache;
use rocket_proto::user::v1::{GetUserRequest, User, user_service_client::UserServiceClient};
use rocket_rpc::Channel;
use tonic::Code;
use uuid::Uuid;

use crate::{
    domain::ChatId,
    ports::{Contacts, ContactsError},
};

/// An order brings two messages ten seconds apart: with this, IAM is asked once.
const CACHED_FOR: Duration = Duration::from_secs(30);
const CACHED_AT_MOST: u64 = 10_000;
const TELEGRAM: &str = "telegram";

/// Asks `user.v1.UserService/GetUser`, and remembers the answer for half a minute.
pub(crate) struct IamContacts {
    iam: UserServiceClient<Channel>,
    cache: Cache<Uuid, Option<ChatId>>,
}

impl IamContacts {
    /// Asks over `iam`, which carries this service's credential.
    pub(crate) fn new(iam: Channel) -> Self {
        Self {
            iam: UserServiceClient::new(iam),
            cache: Cache::builder()
                .max_capacity(CACHED_AT_MOST)
                .time_to_live(CACHED_FOR)
                .build(),
        }
    }

    async fn ask(&self, user: Uuid) -> Result<Option<ChatId>, ContactsError> {
        let request = GetUserRequest {
            user_uuid: user.to_string(),
        };
        match self.iam.clone().get_user(request).await {
            Ok(answer) => Ok(answer.into_inner().user.as_ref().and_then(chat)),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(ContactsError(status.into())),
        }
    }
}

#[async_trait]
impl Contacts for IamContacts {
    async fn telegram_chat(&self, user: Uuid) -> Result<Option<ChatId>, ContactsError> {
        if let Some(known) = self.cache.get(&user).await {
            return Ok(known);
        }
        let found = self.ask(user).await?;
        self.cache.insert(user, found).await;
        Ok(found)
    }
}

/// The first Telegram chat that is one; a user is told once, not in every chat.
fn chat(user: &User) -> Option<ChatId> {
    let info = user.info.as_ref()?;
    info.notification_methods
        .iter()
        .filter(|method| method.provider_name == TELEGRAM)
        .find_map(|method| ChatId::parse(&method.target))
}
