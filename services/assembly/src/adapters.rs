//! The event log as Assembly's only neighbour.

mod log_announcements;

pub(crate) use log_announcements::{Appender, LogAnnouncements};
