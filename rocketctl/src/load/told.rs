//! What customers were seen to be told.

use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::wire::MessageView;

/// How many messages the platform shows at most.
const SHOWN: usize = 50;

/// What a message is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Topic {
    pub(super) order_uuid: Uuid,
    /// The kind of event, as the API names it.
    pub(super) kind: String,
}

/// The messages about one topic.
#[derive(Debug, Default)]
struct Telling {
    events: BTreeSet<Uuid>,
    /// The most that one look showed at once.
    most_at_once: usize,
}

/// Everything that one customer was seen to be told.
#[derive(Debug, Default)]
pub(super) struct Told {
    tellings: HashMap<Topic, Telling>,
    events: HashSet<Uuid>,
    gaps: usize,
}

impl Told {
    /// Takes in what one look showed, and says how many messages were new.
    pub(super) fn take(&mut self, shown: Vec<MessageView>) -> usize {
        let fresh = shown
            .iter()
            .filter(|message| !self.events.contains(&message.event_uuid));
        let (new, all) = (fresh.count(), shown.len());
        // None of the last ones is known: older new ones may have been pushed out.
        if all >= SHOWN && new == all {
            self.gaps += 1;
        }
        let mut at_once: HashMap<Topic, usize> = HashMap::new();
        for message in shown {
            self.events.insert(message.event_uuid);
            let topic = Topic {
                order_uuid: message.order_uuid,
                kind: message.kind,
            };
            let now = at_once.entry(topic.clone()).or_default();
            *now += 1;
            let telling = self.tellings.entry(topic).or_default();
            telling.events.insert(message.event_uuid);
            telling.most_at_once = telling.most_at_once.max(*now);
        }
        new
    }

    /// How many messages were seen.
    pub(super) fn count(&self) -> usize {
        self.events.len()
    }

    /// How often a look showed nothing but unknown messages, and as many as there can be.
    pub(super) fn gaps(&self) -> usize {
        self.gaps
    }

    /// How often the customer was told of it.
    pub(super) fn times(&self, topic: &Topic) -> usize {
        self.tellings.get(topic).map_or(0, Telling::times)
    }

    /// Everything the customer was told of.
    pub(super) fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.tellings.keys()
    }
}

impl Telling {
    fn times(&self) -> usize {
        self.events.len().max(self.most_at_once)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(event: u128, order: u128) -> MessageView {
        MessageView {
            event_uuid: Uuid::from_u128(event),
            order_uuid: Uuid::from_u128(order),
            kind: "order.paid".to_owned(),
        }
    }

    fn topic(order: u128) -> Topic {
        Topic {
            order_uuid: Uuid::from_u128(order),
            kind: "order.paid".to_owned(),
        }
    }

    #[test]
    fn a_message_seen_again_is_one_and_two_of_a_topic_are_two() {
        let mut told = Told::default();
        assert_eq!(told.take(vec![message(1, 1)]), 1);
        assert_eq!(told.take(vec![message(2, 2), message(1, 1)]), 1);
        assert_eq!((told.count(), told.times(&topic(1))), (2, 1));
        told.take(vec![message(3, 1)]);
        assert_eq!(told.times(&topic(1)), 2, "two events");
        told.take(vec![message(2, 2), message(2, 2)]);
        assert_eq!(told.times(&topic(2)), 2, "one event, shown twice at once");
        assert_eq!(told.times(&topic(9)), 0);
    }

    #[test]
    fn a_full_look_without_a_known_message_is_a_gap() {
        let mut told = Told::default();
        let look = |from: u128| (from..from + 50).map(|n| message(n, n)).collect::<Vec<_>>();
        told.take(look(0)[..49].to_vec());
        assert_eq!(told.gaps(), 0);
        told.take(look(48));
        assert_eq!(told.gaps(), 0);
        told.take(look(98));
        assert_eq!(told.gaps(), 1);
    }
}
