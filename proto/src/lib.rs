//! The wire contracts of the platform: Rust types, clients and servers generated
//! from the `.proto` files beside this crate.
//!
//! Generated code carries no documentation of its own; the comments in the
//! `.proto` files are the reference.
#![allow(missing_docs, unreachable_pub, clippy::pedantic)]

/// `auth.v1`: sessions.
pub mod auth {
    pub mod v1 {
        tonic::include_proto!("auth.v1");
    }
}

/// `user.v1`: accounts.
pub mod user {
    pub mod v1 {
        tonic::include_proto!("user.v1");
    }
}

/// `inventory.v1`: parts and reservations.
pub mod inventory {
    pub mod v1 {
        tonic::include_proto!("inventory.v1");
    }
}

/// `payment.v1`: charging an order.
pub mod payment {
    pub mod v1 {
        tonic::include_proto!("payment.v1");
    }
}

/// `events.v1`: what the event log carries.
pub mod events {
    pub mod v1 {
        tonic::include_proto!("events.v1");
    }
}

/// `envoy.service.auth.v3`: the check that the gateway makes for every request.
pub mod envoy {
    pub mod service {
        pub mod auth {
            pub mod v3 {
                tonic::include_proto!("envoy.service.auth.v3");
            }
        }
    }
}

/// The encoded `google.protobuf.FileDescriptorSet` of all packages, for gRPC
/// reflection and for `grpcurl -protoset`.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
