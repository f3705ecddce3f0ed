//! The names of the parts of a platform.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! names {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every name, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name as it is written in a resource, a label or a metric.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

names! {
    /// The six services.
    Service {
        /// Takes orders.
        Order = "order",
        /// Holds the catalogue and the stock.
        Inventory = "inventory",
        /// Charges for orders.
        Payment = "payment",
        /// Builds what was paid.
        Assembly = "assembly",
        /// Tells users.
        Notification = "notification",
        /// Knows users and sessions.
        Iam = "iam",
    }
}

names! {
    /// The four stores.
    Store {
        /// The event log.
        Kafka = "kafka",
        /// Orders and users.
        Postgres = "postgres",
        /// Parts and reservations.
        Mongodb = "mongodb",
        /// Sessions and delivery marks.
        Redis = "redis",
    }
}

names! {
    /// Everything that runs from an image.
    Component {
        /// The order service.
        Order = "order",
        /// The inventory service.
        Inventory = "inventory",
        /// The payment service.
        Payment = "payment",
        /// The assembly service.
        Assembly = "assembly",
        /// The notification service.
        Notification = "notification",
        /// The identity service.
        Iam = "iam",
        /// The web page.
        Console = "console",
        /// The managed event log.
        Kafka = "kafka",
        /// The managed PostgreSQL.
        Postgres = "postgres",
        /// The managed MongoDB.
        Mongodb = "mongodb",
        /// The managed Redis.
        Redis = "redis",
        /// The OpenTelemetry Collector.
        Collector = "collector",
        /// Prometheus.
        Prometheus = "prometheus",
        /// Alertmanager.
        Alertmanager = "alertmanager",
        /// Grafana.
        Grafana = "grafana",
        /// Jaeger.
        Jaeger = "jaeger",
        /// Elasticsearch.
        Elasticsearch = "elasticsearch",
        /// Kibana.
        Kibana = "kibana",
    }
}
