//! Exact money: whole minor units of one currency per installation.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An amount in minor units (cents for USD), never negative, never rounded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Money(i64);

/// Why an amount could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The number of minor units was below zero.
    #[error("amount must not be negative")]
    Negative,
    /// The result does not fit 63 bits.
    #[error("amount is too large")]
    TooLarge,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of `minor` units.
    pub const fn from_minor(minor: i64) -> Result<Self, MoneyError> {
        if minor < 0 {
            return Err(MoneyError::Negative);
        }
        Ok(Self(minor))
    }

    /// The number of minor units.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// The sum, or `TooLarge`.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.0
            .checked_add(other.0)
            .map(Self)
            .ok_or(MoneyError::TooLarge)
    }

    /// `times` of this amount, or `TooLarge`.
    pub fn checked_mul(self, times: u32) -> Result<Self, MoneyError> {
        self.0
            .checked_mul(i64::from(times))
            .map(Self)
            .ok_or(MoneyError::TooLarge)
    }
}

/// An ISO 4217 alphabetic code, for example `USD`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

/// The text was not three capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an ISO 4217 code of three capital letters, for example USD")]
pub struct CurrencyError;

impl Currency {
    /// United States dollars, the default of an installation.
    pub const USD: Self = Self(*b"USD");

    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// How many digits of a minor-unit amount stand behind the decimal point
    /// (ISO 4217 table A.1; two unless listed).
    pub fn minor_digits(&self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// The amount as people read it: `1234` minor units of USD are `12.34 USD`.
    pub fn display(&self, amount: Money) -> String {
        let digits = self.minor_digits();
        if digits == 0 {
            return format!("{} {}", amount.minor(), self.as_str());
        }
        let unit = 10_i64.pow(digits);
        format!(
            "{}.{:0width$} {}",
            amount.minor() / unit,
            amount.minor() % unit,
            self.as_str(),
            width = digits as usize
        )
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(CurrencyError),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Currency({})", self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_is_never_negative() {
        assert_eq!(Money::from_minor(-1), Err(MoneyError::Negative));
        assert_eq!(Money::from_minor(0), Ok(Money::ZERO));
    }

    #[test]
    fn overflow_is_an_error_and_not_a_wrap() {
        let most = Money::from_minor(i64::MAX).unwrap();
        let one = Money::from_minor(1).unwrap();
        assert_eq!(most.checked_add(one), Err(MoneyError::TooLarge));
        assert_eq!(most.checked_mul(2), Err(MoneyError::TooLarge));
    }

    #[test]
    fn amounts_read_as_people_write_them() {
        let yen: Currency = "JPY".parse().unwrap();
        let dinar: Currency = "KWD".parse().unwrap();
        let amount = Money::from_minor(120_005).unwrap();
        assert_eq!(Currency::USD.display(amount), "1200.05 USD");
        assert_eq!(yen.display(amount), "120005 JPY");
        assert_eq!(dinar.display(amount), "120.005 KWD");
    }

    #[test]
    fn a_currency_is_three_capital_letters() {
        for bad in ["", "US", "usd", "USDX", "U1D", "ÄB"] {
            assert_eq!(bad.parse::<Currency>(), Err(CurrencyError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn addition_is_exact_or_refused(a in 0..=i64::MAX, b in 0..=i64::MAX) {
            let sum = Money::from_minor(a).unwrap().checked_add(Money::from_minor(b).unwrap());
            if let Some(exact) = a.checked_add(b) { prop_assert_eq!(sum.unwrap().minor(), exact) } else { prop_assert_eq!(sum, Err(MoneyError::TooLarge)) }
        }

        #[test]
        fn times_equals_repeated_addition(a in 0..1_000_000_000_i64, times in 0_u32..100) {
            let unit = Money::from_minor(a).unwrap();
            let mut sum = Money::ZERO;
            for _ in 0..times {
                sum = sum.checked_add(unit).unwrap();
            }
            prop_assert_eq!(unit.checked_mul(times).unwrap(), sum);
        }
    }
}
