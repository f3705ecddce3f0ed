//! The platform's resource: any YAML is read or refused with the field's name, and what
//! was read says the same when it is written and read again.

use std::sync::LazyLock;

use rocket_operator_api::{
    EffectiveSpec, RocketPlatform,
    load::{from_yaml, validate, validate_update},
};

static LAPTOP: LazyLock<RocketPlatform> = LazyLock::new(|| {
    from_yaml(include_str!("../../examples/laptop.yaml")).expect("an example is valid")
});

/// Any bytes as a file. How long it may take is the fuzzer's `-timeout`.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match from_yaml(text) {
        Ok(platform) => accepted(&platform),
        Err(problems) => {
            assert!(!problems.as_slice().is_empty(), "refused without a reason");
            for problem in problems.as_slice() {
                assert!(!problem.message.is_empty());
                let whole = problem.message.starts_with("expected one RocketPlatform");
                assert_eq!(problem.path.is_empty(), whole, "no field: {problem}");
            }
        }
    }
}

fn accepted(platform: &RocketPlatform) {
    validate(platform).expect("what a file may say, a watch may");
    let written = serde_json::to_string(platform).expect("a resource is made of JSON values");
    let again = from_yaml(&written).expect("what was read can be written and read");
    assert_eq!(serde_json::to_string(&again).ok(), Some(written));
    let effective = EffectiveSpec::of(&platform.spec);
    assert_eq!(effective, EffectiveSpec::of(&again.spec));
    if let Err(problems) = validate_update(&LAPTOP, platform) {
        assert!(problems.as_slice().iter().all(|it| !it.path.is_empty()));
    }
}
