//! Looking into the file without being a member of a group.

use async_trait::async_trait;

use super::{EmbeddedLog, reader};
use crate::log::{Delivery, LogBrowser, LogError, Partition};

#[async_trait]
impl LogBrowser for EmbeddedLog {
    async fn topics(&self) -> Result<Vec<String>, LogError> {
        let ends = self.store.read(reader::ends).await;
        let ends = ends.map_err(|error| LogError::new("list topics", error))?;
        let mut topics: Vec<_> = ends.into_iter().map(|(of, _)| of.topic).collect();
        topics.dedup();
        Ok(topics)
    }

    async fn ends(&self, topic: &str) -> Result<Vec<(Partition, i64)>, LogError> {
        let ends = self.store.read(reader::ends).await;
        let mut ends = ends.map_err(|error| LogError::new("find the end", error))?;
        ends.retain(|(partition, _)| partition.topic == topic);
        Ok(ends)
    }

    async fn read(
        &self,
        partition: &Partition,
        from: i64,
        limit: usize,
    ) -> Result<Vec<Delivery>, LogError> {
        let page = reader::read_page(&self.store, partition, from, limit).await;
        let page = page.map_err(|error| LogError::new("read", error))?;
        Ok(page.records.into())
    }
}
