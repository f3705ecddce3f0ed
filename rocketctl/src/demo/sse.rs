//! Reading server-sent events (WHATWG HTML, section 9.2), as far as the shop
//! sends them: one `data` line an event.

use serde::Deserialize;

use crate::exit::Failure;

/// One status of an order.
#[derive(Debug, Deserialize)]
pub(super) struct StatusEvent {
    pub(super) status: String,
}

/// An open event stream.
pub(super) struct Events {
    response: reqwest::Response,
    buffer: String,
}

impl Events {
    pub(super) fn new(response: reqwest::Response) -> Self {
        Self {
            response,
            buffer: String::new(),
        }
    }

    /// The next event; none when the stream has ended.
    pub(super) async fn next(&mut self) -> Result<Option<StatusEvent>, Failure> {
        loop {
            while let Some(end) = self.buffer.find('\n') {
                let line: String = self.buffer.drain(..=end).collect();
                let data = line.trim_end().strip_prefix("data:");
                if let Some(data) = data {
                    return serde_json::from_str(data)
                        .map(Some)
                        .map_err(|error| Failure::failed(format!("unexpected event: {error}")));
                }
            }
            let chunk = self
                .response
                .chunk()
                .await
                .map_err(|error| Failure::failed(format!("the event stream broke: {error}")))?;
            match chunk {
                Some(bytes) => self.buffer.push_str(&String::from_utf8_lossy(&bytes)),
                None => return Ok(None),
            }
        }
    }
}
