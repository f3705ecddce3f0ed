//! Messages of the wire contracts: any bytes are decoded or refused, and what was
//! decoded is the same after it was encoded and decoded again.
//!
//! The first byte chooses the message.

use prost::Message;
use rocket_proto::{auth, envoy::service::auth::v3 as envoy, events, inventory, payment, user};

type Check = fn(&[u8]);

/// In this order, so that a corpus keeps its meaning.
const CHECKS: [Check; 24] = [
    stable::<events::v1::OrderPaid>,
    stable::<events::v1::ShipAssembled>,
    same_size::<envoy::CheckRequest>,
    stable::<envoy::CheckResponse>,
    stable::<inventory::v1::GetPartRequest>,
    same_size::<inventory::v1::GetPartResponse>,
    stable::<inventory::v1::ListPartsRequest>,
    same_size::<inventory::v1::ListPartsResponse>,
    stable::<inventory::v1::ReservePartsRequest>,
    stable::<inventory::v1::CommitReservationRequest>,
    stable::<inventory::v1::ReleaseReservationRequest>,
    stable::<payment::v1::PayOrderRequest>,
    stable::<payment::v1::PayOrderResponse>,
    stable::<auth::v1::LoginRequest>,
    stable::<auth::v1::LoginResponse>,
    stable::<auth::v1::WhoamiRequest>,
    stable::<auth::v1::WhoamiResponse>,
    stable::<auth::v1::LogoutRequest>,
    stable::<user::v1::RegisterRequest>,
    stable::<user::v1::RegisterResponse>,
    stable::<user::v1::GetUserRequest>,
    stable::<user::v1::GetUserResponse>,
    stable::<envoy::DeniedHttpResponse>,
    stable::<envoy::OkHttpResponse>,
];

/// Any bytes.
pub fn run(data: &[u8]) {
    let Some((&first, message)) = data.split_first() else {
        return;
    };
    if let Some(check) = CHECKS.get(usize::from(first)) {
        check(message);
    }
}

fn stable<M: Message + Default>(bytes: &[u8]) {
    if let Some((once, twice)) = twice::<M>(bytes) {
        assert_eq!(once, twice, "encoding is not stable");
    }
}

/// For messages with maps, whose entries come in any order.
fn same_size<M: Message + Default>(bytes: &[u8]) {
    if let Some((mut once, mut twice)) = twice::<M>(bytes) {
        once.sort_unstable();
        twice.sort_unstable();
        assert_eq!(once, twice, "encoding loses something");
    }
}

/// What is encoded after decoding once, and after doing both again.
fn twice<M: Message + Default>(bytes: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let message = M::decode(bytes).ok()?;
    let once = message.encode_to_vec();
    let again = M::decode(&*once).expect("what was encoded can be decoded");
    Some((once, again.encode_to_vec()))
}
