//! What is wrong with a house, in words.

use truc_proto::house::finding::{Arg, Finding, Problem};

use crate::words::failure::{ExitCode, Failure};
use crate::words::{self, Lang, Value};

/// The sentence of a finding.
pub fn sentence(lang: Lang, finding: &Finding) -> String {
    words::say(lang, &key(finding), &args(finding))
}

/// The same as a failure: what names somebody or something that is not there was not found, what is another office's is
/// not allowed, all else is a wrong value.
pub fn failure(finding: &Finding) -> Failure {
    let exit = match finding.problem {
        Problem::OtherOffice => ExitCode::NotAllowed,
        Problem::PersonUnknown | Problem::UnitUnknown | Problem::IssuerUnknown if finding.line == 0 => {
            ExitCode::NotFound
        }
        _ => ExitCode::Input,
    };
    let args = args(finding).into_iter().map(|(name, value)| (name.into(), value)).collect();
    Failure { key: key(finding).into(), args, ..Failure::new(exit, "house-no-right") }
}

fn key(finding: &Finding) -> String {
    format!("house-{}", finding.problem.key())
}

fn args(finding: &Finding) -> Vec<(&'static str, Value)> {
    let value = |arg: &Arg| match arg {
        Arg::Text(text) => Value::from(text.clone()),
        Arg::Day(day) => Value::from(day.civil().strftime("%d/%m/%Y").to_string()),
        Arg::Line(line) => Value::from(*line),
    };
    finding.args.iter().map(|(name, arg)| (*name, value(arg))).collect()
}
