//! What users read.

use std::fmt;

use time::OffsetDateTime;
use uuid::Uuid;

use super::Kind;

/// A message to a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The event it is about, which is the message's own name too.
    pub event_uuid: Uuid,
    /// Who reads it.
    pub user_uuid: Uuid,
    /// The order.
    pub order_uuid: Uuid,
    /// What happened.
    pub kind: Kind,
    /// Plain text; the first line is the heading.
    pub text: String,
    /// When it happened.
    pub occurred_at: OffsetDateTime,
}

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Kept to be read here: there is no bot, or the user named no chat.
    Kept,
    /// On its way to Telegram.
    Pending,
    /// Telegram took it.
    Sent,
    /// Telegram will never take it: the chat is gone, or the user blocked the bot.
    Undeliverable,
}

impl Delivery {
    /// The word for it, which is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Undeliverable => "undeliverable",
        }
    }

    /// The state with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Kept, Self::Pending, Self::Sent, Self::Undeliverable]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

/// A message as its reader finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMessage {
    /// The message.
    pub message: Message,
    /// How far it has come.
    pub delivery: Delivery,
}

/// A Telegram chat. `Debug` hides it: it leads to a person.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChatId(i64);

impl ChatId {
    /// Reads what a user registered. Only numbers are chats: a name such as
    /// `@channel` would let a user have the bot write where others read.
    pub fn parse(target: &str) -> Option<Self> {
        target.parse().ok().map(Self)
    }

    /// The number, to be sent to Telegram.
    pub fn expose(self) -> i64 {
        self.0
    }
}

impl fmt::Debug for ChatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChatId(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_is_a_chat() {
        for (target, expected) in [
            ("42", Some(42)),
            ("-1001234567890", Some(-1_001_234_567_890)),
        ] {
            assert_eq!(ChatId::parse(target).map(ChatId::expose), expected);
        }
        for bad in ["", "@channel", "4 2", "42\n", "1e3", "99999999999999999999"] {
            assert_eq!(ChatId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_chat_never_prints() {
        let chat = ChatId::parse("4711");
        assert!(!format!("{chat:?}").contains("4711"));
    }

    #[test]
    fn words_are_read_back() {
        for state in [
            Delivery::Kept,
            Delivery::Pending,
            Delivery::Sent,
            Delivery::Undeliverable,
        ] {
            assert_eq!(Delivery::from_word(state.as_str()), Some(state));
        }
        assert_eq!(Delivery::from_word("lost"), None);
    }
}
