//! Lists such as `a=1,b=2`, in which values are percent-encoded: the form of
//! OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_HEADERS (W3C Baggage without
//! properties, <https://www.w3.org/TR/baggage/#header-content>).

/// None when the text is not of this form.
pub(super) fn parse(text: &str) -> Option<Vec<(String, String)>> {
    text.split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(|entry| {
            let (name, value) = entry.split_once('=')?;
            let name = name.trim();
            (!name.is_empty()).then_some(())?;
            Some((name.to_owned(), decode(value.trim())?))
        })
        .collect()
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_decoded_and_spaces_around_them_ignored() {
        let pairs = parse(" a = 1 ,b=x%2Cy%3d%20z,,c=").unwrap();
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| (&**n, &**v)).collect();
        assert_eq!(pairs, [("a", "1"), ("b", "x,y= z"), ("c", "")]);
        assert_eq!(parse(" , "), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_list_of_pairs_is_refused() {
        for bad in ["a", "=1", "a=%", "a=%4", "a=%zz", "a=1,b", "a=%ff"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_panic(text in "[ -~,=%\u{e4}]{0,40}") {
            let _ = parse(&text);
        }
    }
}
