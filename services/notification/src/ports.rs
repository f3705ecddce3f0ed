//! What Notification needs from outside.

use std::time::Duration;

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{ChatId, Delivery, KeptMessage, Message};

/// The cause of a failure, for the log.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// How many messages are kept per user.
pub const KEPT_PER_USER: usize = 50;

/// Contacts cannot be found out for now.
#[derive(Debug, thiserror::Error)]
#[error("the user's contact cannot be found out")]
pub struct ContactsError(#[source] pub Cause);

/// The store cannot be used for now; nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("the store of marks and messages failed")]
pub struct StoreError(#[source] pub Cause);

/// How users can be reached.
#[async_trait]
pub trait Contacts: Send + Sync {
    /// The user's Telegram chat: none when the user named no chat, or is unknown. The
    /// answer may be half a minute old.
    async fn telegram_chat(&self, user: Uuid) -> Result<Option<ChatId>, ContactsError>;
}

/// The right to send one message, for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimToken(pub Uuid);

/// Whether a message may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Yes, by the caller alone, until the lease is over.
    Claimed(ClaimToken),
    /// It has been told already.
    AlreadyDone,
    /// Somebody else is at it, or was when it crashed.
    HeldByOther {
        /// When the other's lease is over.
        until: OffsetDateTime,
    },
}

/// The longest lease. A claim that ends further ahead was written before the wall clock
/// was set back, and is over.
pub const MAX_LEASE: Duration = Duration::from_mins(10);

/// Which events have been told. A mark, once done, stays for as long as the log may
/// bring the event again.
///
/// An adapter MUST make each method one atomic step, for replicas that share the
/// store; and MUST keep the message of an event whenever it first writes a mark for
/// it, so that it can be read here before Telegram has it.
#[async_trait]
pub trait DeliveryMarks: Send + Sync {
    /// Claims the telling of `message` through Telegram, from `now` for `lease`,
    /// which is at most [`MAX_LEASE`].
    async fn claim(
        &self,
        message: &Message,
        now: OffsetDateTime,
        lease: Duration,
    ) -> Result<Claim, StoreError>;

    /// It has been told, or never can be; `delivery` says which. This holds even when
    /// the claim's lease is over, as what was said cannot be unsaid.
    async fn done(
        &self,
        event: Uuid,
        delivery: Delivery,
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Gives the claim back unused; nothing happens when it is not the present one.
    async fn release(&self, event: Uuid, token: ClaimToken) -> Result<(), StoreError>;

    /// Keeps a message that is told nowhere else, once per event.
    async fn keep(&self, message: &Message, now: OffsetDateTime) -> Result<(), StoreError>;

    /// Forgets up to `limit` marks done before `before` and as many messages of
    /// events before it. Returns how many of both; none when there is nothing left.
    async fn forget(&self, before: OffsetDateTime, limit: usize) -> Result<usize, StoreError>;
}

/// The last messages of each user.
#[async_trait]
pub trait Messages: Send + Sync {
    /// The user's messages, at most [`KEPT_PER_USER`], by the time of their events,
    /// newest first.
    async fn latest(&self, user: Uuid) -> Result<Vec<KeptMessage>, StoreError>;
}

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The bot has sent too much and must be silent for a while, in all chats.
    #[error("too many messages")]
    TooMany {
        /// How long.
        retry_after: Duration,
    },
    /// This message will never be taken.
    #[error("undeliverable: {reason}")]
    Undeliverable {
        /// In Telegram's words.
        reason: String,
    },
    /// It may be taken later; with bad luck it has been taken.
    #[error("the message was not acknowledged")]
    Transient(#[source] Cause),
}

/// The bot.
#[async_trait]
pub trait Messenger: Send + Sync {
    /// Sends plain text, the first line as heading. An adapter MUST end by itself
    /// within a bounded time, and MUST escape all of the text.
    async fn send(&self, chat: ChatId, text: &str) -> Result<(), SendError>;
}
