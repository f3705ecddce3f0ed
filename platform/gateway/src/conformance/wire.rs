//! Requests exactly as written. HTTP clients tidy paths up, which is the one thing
//! that these tests must not do.

use std::{fmt::Write as _, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tonic::{
    Request, Status,
    metadata::{MetadataKey, MetadataMap},
    transport::Endpoint,
};
use tonic_prost::ProstCodec;

use super::Target;

const PATIENCE: Duration = Duration::from_secs(20);

/// An HTTP answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, still with chunk sizes if it came in chunks.
    pub body: String,
    /// The same, as it came.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// The header as the service behind the gateway received it.
    pub fn received(&self, name: &str) -> Option<&str> {
        self.header(&format!("x-echo-received-{name}"))
    }

    fn parse(raw: &[u8]) -> Self {
        let end = raw.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, bytes) = end.map_or((raw, &b""[..]), |end| (&raw[..end], &raw[end + 4..]));
        let text = String::from_utf8_lossy(head);
        let head = &*text;
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let status = status.and_then(|status| status.parse().ok());
        Self {
            status: status.unwrap_or_else(|| panic!("not an HTTP answer: {text:?}")),
            headers: lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
            body: String::from_utf8_lossy(bytes).into_owned(),
            bytes: bytes.to_vec(),
        }
    }
}

impl Target {
    /// Sends a request without a body over HTTP/1.1; method, path and headers go out
    /// as they are.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send_with(method, path, headers, "").await
    }

    /// The same, with everything after the header section given too.
    pub async fn send_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        rest: &str,
    ) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.http_host);
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        write!(request, "connection: close\r\n\r\n{rest}").unwrap();
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // A gateway may answer and close before it has read everything.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut raw = Vec::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut raw)).await;
        let _ = read.expect("the gateway closes the connection after its answer");
        Answer::parse(&raw)
    }

    /// Calls a gRPC method with an empty message. The metadata returned is the
    /// answer's, with what the service received.
    pub async fn call(
        &self,
        path: &'static str,
        metadata: &[(&str, &str)],
    ) -> Result<MetadataMap, Status> {
        let endpoint = Endpoint::try_from(format!("http://{}", self.address)).unwrap();
        let origin = format!("http://{}", self.grpc_host).parse().unwrap();
        let channel = endpoint.origin(origin).connect().await.unwrap();
        let mut client = tonic::client::Grpc::new(channel);
        client.ready().await.unwrap();
        let mut request = Request::new(());
        for (name, value) in metadata {
            let name = MetadataKey::from_bytes(name.as_bytes()).unwrap();
            request.metadata_mut().append(name, value.parse().unwrap());
        }
        let codec = ProstCodec::<(), ()>::new();
        let path = http::uri::PathAndQuery::from_static(path);
        let call = client.unary(request, path, codec);
        let answer = tokio::time::timeout(PATIENCE, call).await;
        answer
            .expect("the gateway answers")
            .map(|response| response.metadata().clone())
    }
}
