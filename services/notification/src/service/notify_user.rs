//! Telling a user what happened, once.

use std::{sync::Arc, time::Duration};

use rocket_runtime::{SharedClock, backoff::Backoff, faults};
use rocket_telemetry::chain;
use time::OffsetDateTime;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, Span, info, warn};

use super::Pacer;
use crate::{
    domain::{ChatId, Delivery, Message, Notice},
    ports::{
        Claim, ClaimToken, Contacts, ContactsError, DeliveryMarks, Messenger, SendError, StoreError,
    },
    templates::{self, TemplateError},
};

/// The use case.
///
/// Told once: an event's mark is claimed before Telegram is asked and done after it
/// has answered. What is left is the time between Telegram taking the message and the
/// mark: a crash in it tells twice, and so does an answer of Telegram that is lost.
/// Nothing that Telegram offers closes that window, as it knows no idempotency key.
#[derive(Clone)]
pub struct NotifyUser {
    /// Where users are reached.
    pub contacts: Arc<dyn Contacts>,
    /// What has been told.
    pub marks: Arc<dyn DeliveryMarks>,
    /// The bot, if there is one.
    pub telegram: Option<Telegram>,
    /// Time.
    pub clock: SharedClock,
}

/// The bot and what goes with it.
#[derive(Clone)]
pub struct Telegram {
    /// The bot.
    pub messenger: Arc<dyn Messenger>,
    /// Its pace.
    pub pacer: Arc<Pacer>,
    /// How long a claim holds: longer than waiting for a slot and sending together.
    pub lease: Duration,
    /// Pauses between tries to write a mark.
    pub mark_backoff: Backoff,
    /// Messages on their way: they go on when whoever waits for them stops.
    pub under_way: TaskTracker,
}

/// Why a user could not be told for now.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// There is no text to tell, now or later.
    #[error("no text for this event")]
    Template(#[from] TemplateError),
    /// The contact is not known.
    #[error("no contact")]
    Contacts(#[from] ContactsError),
    /// The store failed.
    #[error("no mark")]
    Store(#[from] StoreError),
    /// Telegram did not take the message.
    #[error("telegram did not take the message")]
    Send(#[source] SendError),
    /// The task that sends panicked; the claim ends by its lease.
    #[error("sending ended without an outcome")]
    Lost(#[from] tokio::task::JoinError),
}

/// What became of a claimed message.
enum Told {
    Done,
    /// Not now; the claim has been given back.
    Later,
}

impl NotifyUser {
    /// Tells the user about `notice`, unless that has been done. After an error it may
    /// be tried again.
    pub async fn run(&self, notice: &Notice) -> Result<(), NotifyError> {
        let message = templates::message(notice)?;
        let Some(telegram) = &self.telegram else {
            return self.keep(&message, "no bot").await;
        };
        let chat = self.contacts.telegram_chat(message.user_uuid).await?;
        let Some(chat) = chat else {
            return self.keep(&message, "no chat").await;
        };
        loop {
            telegram.pacer.until_allowed().await;
            let now = self.clock.now();
            match self.marks.claim(&message, now, telegram.lease).await? {
                Claim::AlreadyDone => return Ok(()),
                Claim::HeldByOther { until } => wait(now, until, telegram.lease).await,
                Claim::Claimed(token) => match self.tell(telegram, chat, &message, token).await? {
                    Told::Done => return Ok(()),
                    Told::Later => {}
                },
            }
        }
    }

    /// The message is read here only. Its text is not logged: logs outlive messages
    /// and are read by others.
    async fn keep(&self, message: &Message, why: &'static str) -> Result<(), NotifyError> {
        self.marks.keep(message, self.clock.now()).await?;
        info!(event_uuid = %message.event_uuid, kind = message.kind.as_str(), why, "message kept");
        Ok(())
    }

    /// Sends in a task of its own: a consumer that is stopped drops its handlers, and
    /// one dropped between Telegram's answer and the mark would tell twice.
    async fn tell(
        &self,
        telegram: &Telegram,
        chat: ChatId,
        message: &Message,
        token: ClaimToken,
    ) -> Result<Told, NotifyError> {
        let sending = Sending {
            telegram: telegram.clone(),
            marks: Arc::clone(&self.marks),
            clock: Arc::clone(&self.clock),
            message: message.clone(),
            token,
        };
        let task = sending.run(chat).instrument(Span::current());
        telegram.under_way.spawn(task).await?
    }
}

/// A claimed message on its way.
struct Sending {
    telegram: Telegram,
    marks: Arc<dyn DeliveryMarks>,
    clock: SharedClock,
    message: Message,
    token: ClaimToken,
}

impl Sending {
    async fn run(self, chat: ChatId) -> Result<Told, NotifyError> {
        if !self.telegram.pacer.slot().await {
            self.release().await;
            return Ok(Told::Later);
        }
        faults::point("notification-claimed").await;
        match self.telegram.messenger.send(chat, &self.message.text).await {
            Ok(()) => {
                faults::point("notification-sent").await;
                self.done(Delivery::Sent).await;
                info!(event_uuid = %self.message.event_uuid, kind = self.message.kind.as_str(), "user told");
                Ok(Told::Done)
            }
            Err(SendError::Undeliverable { reason }) => {
                self.done(Delivery::Undeliverable).await;
                warn!(event_uuid = %self.message.event_uuid, %reason, "message is undeliverable");
                Ok(Told::Done)
            }
            Err(SendError::TooMany { retry_after }) => {
                self.telegram.pacer.silence(retry_after);
                warn!(
                    seconds = retry_after.as_secs(),
                    "telegram asks the bot to be silent"
                );
                self.release().await;
                Ok(Told::Later)
            }
            Err(error) => {
                self.release().await;
                Err(NotifyError::Send(error))
            }
        }
    }

    /// Tries for as long as it takes: the user has been told, and forgetting that
    /// would tell again.
    async fn done(&self, delivery: Delivery) {
        let event = self.message.event_uuid;
        let mut attempt = 0;
        while let Err(error) = self.marks.done(event, delivery, self.clock.now()).await {
            attempt += 1;
            warn!(event_uuid = %event, attempt, error = chain(&error), "mark could not be written; trying again");
            tokio::time::sleep(self.telegram.mark_backoff.delay(attempt)).await;
        }
    }

    async fn release(&self) {
        let event = self.message.event_uuid;
        if let Err(error) = self.marks.release(event, self.token).await {
            warn!(event_uuid = %event, error = chain(&error), "claim stays until its lease is over");
        }
    }
}

/// Waits for another's lease, however far ahead that one's clock is.
async fn wait(now: OffsetDateTime, until: OffsetDateTime, at_most: Duration) {
    let left = Duration::try_from(until - now).unwrap_or_default();
    tokio::time::sleep(left.min(at_most)).await;
}
