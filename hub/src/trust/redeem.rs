//! Enrolment on the hub's store: codes are in their file, credentials in the ledger.

use std::net::IpAddr;
use std::sync::Arc;

use truc_node::accounts::Accounts;
use truc_node::fault;
use truc_proto::id::{Hash, OfficeId};
use truc_proto::wire::CredentialIssued;
use truc_proto::wire::registry_move::Move as Word;

use crate::authority::codes::may_enrol;
use crate::hub::{Hub, ITSELF};
use crate::line::quotas::What;
use crate::trust::enrolment::{Enrolments, Offer, RedeemError, Redemption, Suspicion};

/// Codes and credentials of a hub, for the enrolment service.
pub struct HubEnrolments {
    hub: Arc<Hub>,
    /// For notes in the audit.
    accounts: Accounts,
}

impl HubEnrolments {
    /// Enrolments of this hub.
    pub fn new(hub: Arc<Hub>, accounts: Accounts) -> Self {
        Self { hub, accounts }
    }

    fn name(&self, office: OfficeId) -> String {
        let registry = self.hub.office.registry();
        let fact = registry.office(office).and_then(|office| office.current());
        fact.map_or_else(|| office.to_string(), |fact| fact.committee())
    }
}

#[tonic::async_trait]
impl Enrolments for HubEnrolments {
    async fn offer(&self, secret_hash: Hash) -> Result<Option<Offer>, RedeemError> {
        let kept = self.hub.codes.get(secret_hash).map_err(failed)?;
        Ok(kept.map(|kept| Offer {
            secret_hash,
            office: kept.office,
            office_name: self.name(kept.office),
            expires: kept.ends(self.hub.clock().now()),
            used_by: kept.used_by,
        }))
    }

    /// The code is marked before the credential is written. If the hub stops in between, the same machine may come
    /// again, and no other can.
    async fn redeem(&self, redemption: Redemption) -> Result<u64, RedeemError> {
        let _one_at_a_time = self.hub.decide().await;
        let registry = self.hub.office.registry();
        if registry.owner_of(&redemption.ledger_key).is_some_and(|owner| owner != redemption.office) {
            return Err(RedeemError::OtherOffice);
        }
        // It may have ended, or been taken back, since the code was made.
        if !may_enrol(&registry, redemption.office) {
            return Err(RedeemError::Ended);
        }
        if self.hub.quotas.room(redemption.office, What::Enrolments).is_err() {
            return Err(RedeemError::TooOften);
        }
        let now = self.hub.clock().now();
        if !self.hub.codes.take(redemption.secret_hash, redemption.ledger_key, now).map_err(failed)? {
            return Err(RedeemError::Used);
        }
        self.hub.quotas.count(redemption.office, What::Enrolments, 1);
        let highest = registry.office(redemption.office).map_or(0, |office| office.highest_credential());
        // A machine that comes again because its answer was lost keeps its credential's number.
        let same = registry.credential(redemption.office).filter(|newest| {
            newest.key.as_bytes() == &redemption.ledger_key && newest.tls_key == Some(redemption.tls_key)
        });
        let number = same.map_or(highest + 1, |newest| newest.number);
        let word = Word::Credential(CredentialIssued {
            office: redemption.office.to_wire(),
            number,
            ledger_key: redemption.ledger_key.to_vec().into(),
            certificate: redemption.certificate.to_wire(),
            not_after: redemption.not_after,
            tls_key: redemption.tls_key.to_wire(),
        });
        fault::point("credential.say.before");
        self.hub.say(ITSELF, word, self.hub.everybody()).await.map_err(failed)?;
        fault::point("credential.say.after");
        Ok(number)
    }

    async fn suspect(&self, what: Suspicion, times: u64, source: IpAddr) {
        let what = match what {
            Suspicion::Guessed => "enrolment-guessed",
            Suspicion::Used => "enrolment-used",
        };
        let (accounts, now) = (self.accounts.clone(), self.hub.clock().now());
        let note = move || accounts.note(ITSELF, what, &format!("× {times}"), Some(source), now);
        match tokio::task::spawn_blocking(note).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the audit could not be written"),
            Err(error) => tracing::error!(%error, "the audit ended with a panic"),
        }
    }
}

fn failed(error: impl std::fmt::Display) -> RedeemError {
    RedeemError::Store(error.to_string())
}
