use rocket_routes::{Service, table};

use super::*;

#[test]
fn every_route_of_the_platform_has_its_page() {
    let pages = Pages::new("{}".to_owned());
    for route in table() {
        if route.service == Service::Platform {
            let status = pages.answer(route.path).status();
            assert_eq!(status, 200, "{}", route.path);
        }
    }
}

/// The policy would block it, and a page that works only online is of no use on a
/// laptop.
#[test]
fn the_page_needs_nothing_from_elsewhere() {
    for text in [DOCS, STYLE, SCRIPT] {
        for foreign in [
            "http://",
            "https://",
            "url(",
            "@import",
            "innerHTML",
            "eval(",
        ] {
            assert!(!text.contains(foreign), "{foreign}");
        }
    }
    // Inline code and styles are what the policy forbids.
    for inline in ["<style", "style=", "onclick", "onload", "<script>"] {
        assert!(!DOCS.contains(inline), "{inline}");
    }
    for asset in ["\"/docs/docs.css\"", "\"/docs/docs.js\""] {
        assert!(DOCS.contains(asset), "{asset}");
    }
}
