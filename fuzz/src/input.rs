//! Taking an input apart.

/// What stands before the first `by`, and what stands after it; all and nothing when
/// it is not there.
pub(crate) fn split<'a>(data: &'a [u8], by: &[u8]) -> (&'a [u8], &'a [u8]) {
    match find(data, by) {
        Some(at) => (&data[..at], &data[at + by.len()..]),
        None => (data, &[]),
    }
}

/// All pieces between the `by`s.
pub(crate) fn pieces<'a>(mut data: &'a [u8], by: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    while let Some(at) = find(data, by) {
        pieces.push(&data[..at]);
        data = &data[at + by.len()..];
    }
    pieces.push(data);
    pieces
}

fn find(data: &[u8], by: &[u8]) -> Option<usize> {
    data.windows(by.len()).position(|window| window == by)
}
