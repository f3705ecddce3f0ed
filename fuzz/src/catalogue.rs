//! A catalogue of parts: any YAML is read or refused with the field's name, and what is
//! read can be stored.

use rocket_inventory::catalogue;

/// Any bytes as a file.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match catalogue::parse(text) {
        Ok(parts) => assert!(parts.iter().all(|part| part.problems().is_empty())),
        Err(error) => {
            assert!(!error.0.is_empty(), "refused without a reason");
            for problem in &error.0 {
                assert!(!problem.field.is_empty() && !problem.expected.is_empty());
            }
        }
    }
}
