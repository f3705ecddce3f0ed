//! What the resource, the command line and the environment ask for, as the
//! services take it.

use std::time::Duration;

use rocket_operator_api::{EffectiveSpec, Profile, Service, load};
use rocket_runtime::money::{Currency, Money};

use crate::{cli::UpArgs, exit::Failure};

/// The catalogue of profile `dev`.
const CATALOGUE: &str = include_str!("../../../examples/catalogue.yaml");

const SERVICES: [(Service, &str); 6] = [
    (Service::Order, "order"),
    (Service::Inventory, "inventory"),
    (Service::Payment, "payment"),
    (Service::Assembly, "assembly"),
    (Service::Notification, "notification"),
    (Service::Iam, "iam"),
];

/// Everything that `up` was asked for.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) currency: Currency,
    pub(super) unpaid_order_ttl: Duration,
    pub(super) assembly_time: Duration,
    pub(super) catalogue: Option<String>,
    pub(super) payment: Payment,
    pub(super) telegram: Telegram,
    pub(super) front_door: rocket_gateway::Config,
    /// How long a connection may have no request under way.
    pub(super) idle: Duration,
}

/// Who moves the money.
#[derive(Debug)]
pub(super) enum Payment {
    Simulated { decline_above: Option<Money> },
    Provider { url: String, key: Option<Hidden> },
}

/// How messages leave.
#[derive(Debug)]
pub(super) struct Telegram {
    pub(super) token: Option<Hidden>,
    pub(super) api_base_url: Option<String>,
}

/// A secret, which never prints.
pub(super) struct Hidden(String);

impl Hidden {
    pub(super) fn expose(&self) -> String {
        self.0.clone()
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hidden")
    }
}

impl Settings {
    pub(super) fn read(args: &UpArgs) -> Result<Self, Failure> {
        let file = args.file.display();
        let text = std::fs::read_to_string(&args.file)
            .map_err(|error| Failure::config(format!("{file}: {error}")))?;
        let platform = load::from_yaml(&text).map_err(|problems| {
            let lines: Vec<_> = problems
                .into_iter()
                .map(|problem| format!("{file}: {problem}"))
                .collect();
            Failure::config(lines.join("\nrocketctl: "))
        })?;
        let spec = EffectiveSpec::of(&platform.spec);
        require_all_services(&spec)
            .map_err(|problem| Failure::config(format!("{file}: {problem}")))?;
        let secrets = Secrets::read(args).map_err(Failure::config)?;
        let catalogue = catalogue(args, spec.profile).map_err(Failure::config)?;
        Self::of(spec, secrets, catalogue)
            .map_err(|problem| Failure::config(format!("{file}: {problem}")))
    }

    fn of(
        spec: EffectiveSpec,
        secrets: Secrets,
        catalogue: Option<String>,
    ) -> Result<Self, String> {
        let currency = spec
            .currency
            .parse()
            .map_err(|error| format!("spec.currency: {error}"))?;
        let payment = match spec.services.payment_provider {
            Some(provider) => Payment::Provider {
                url: provider.url,
                key: secrets.payment_provider_key,
            },
            None => Payment::Simulated {
                decline_above: spec
                    .services
                    .decline_above
                    .map(Money::from_minor)
                    .transpose()
                    .map_err(|error| format!("spec.services.payment.declineAbove: {error}"))?,
            },
        };
        Ok(Self {
            currency,
            unpaid_order_ttl: spec.services.unpaid_order_ttl,
            assembly_time: spec.services.assembly_time,
            catalogue,
            front_door: super::door::config(&spec.gateway),
            idle: spec.gateway.idle_timeout,
            payment,
            telegram: Telegram {
                token: secrets.telegram_bot_token,
                api_base_url: spec
                    .services
                    .telegram
                    .and_then(|telegram| telegram.api_base_url),
            },
        })
    }
}

/// What only the environment brings.
struct Secrets {
    telegram_bot_token: Option<Hidden>,
    payment_provider_key: Option<Hidden>,
}

impl Secrets {
    fn read(args: &UpArgs) -> Result<Self, String> {
        Ok(Self {
            telegram_bot_token: secret("TELEGRAM_BOT_TOKEN", args.telegram_bot_token.as_deref())?,
            payment_provider_key: secret(
                "PAYMENT_PROVIDER_KEY",
                args.payment_provider_key.as_deref(),
            )?,
        })
    }
}

/// A secret that goes into a header or a path; empty is as good as unset.
fn secret(variable: &str, value: Option<&str>) -> Result<Option<Hidden>, String> {
    match value {
        None | Some("") => Ok(None),
        Some(text) if text.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Some(Hidden(text.to_owned())))
        }
        Some(_) => Err(format!(
            "{variable}: expected visible ASCII characters without spaces or line ends"
        )),
    }
}

/// One process is all six services or nothing that can be used.
fn require_all_services(spec: &EffectiveSpec) -> Result<(), String> {
    for (service, name) in SERVICES {
        if !spec.services.get(service).enabled {
            return Err(format!(
                "spec.services.{name}.enabled: expected true: one process runs all six services"
            ));
        }
    }
    Ok(())
}

fn catalogue(args: &UpArgs, profile: Profile) -> Result<Option<String>, String> {
    match (&args.catalogue, profile) {
        (Some(path), Profile::Dev) => std::fs::read_to_string(path)
            .map(Some)
            .map_err(|error| format!("{}: {error}", path.display())),
        (Some(_), Profile::Production) => {
            Err("--catalogue: expected spec.profile to be dev".to_owned())
        }
        (None, Profile::Dev) => Ok(Some(CATALOGUE.to_owned())),
        (None, Profile::Production) => Ok(None),
    }
}
