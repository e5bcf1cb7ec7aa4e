//! Heads of the hub's journal that come with frames: verified, and compared with the mail delivered.

use truc_proto::head::Head;
use truc_proto::limits;
use truc_proto::wire::hub_frame::Frame;
use truc_proto::wire::{self, Verdict};

use crate::identity::Identity;

/// The head that a frame carries. An error means that the hub lies: nothing else from it can be trusted.
pub fn read(frame: &wire::HubFrame, identity: &Identity) -> Result<Option<Head>, &'static str> {
    let Some(said) = &frame.head else { return Ok(None) };
    let head = Head::from_wire(said).filter(|head| head.verify(identity.hub, &identity.hub_key));
    let head = head.ok_or("the head of the hub's journal is not signed by the hub")?;
    if let Some(mark) = led_to(frame)
        && (head.mark.position > mark.position
            || (head.mark.position == mark.position && head.mark.running.0[..] != mark.running[..]))
    {
        return Err("the head of the hub's journal is not that of the mail");
    }
    Ok(Some(head))
}

/// The mark up to which a frame brings mail.
fn led_to(frame: &wire::HubFrame) -> Option<&wire::Mark> {
    match &frame.frame {
        Some(Frame::Deliver(deliver)) => deliver.mark.as_ref(),
        Some(Frame::CaughtUp(caught_up)) => caught_up.mark.as_ref(),
        _ => None,
    }
}

/// Whether mail comes that the hub says it has. Times are milliseconds of a monotonic clock.
#[derive(Debug, Default)]
pub struct Owed {
    /// Where the hub's journal ended when the session began.
    reached: u64,
    /// When mail last came while more was due; none: nothing is due.
    since: Option<u64>,
}

impl Owed {
    /// Takes a frame with the head that it carries.
    pub fn take(&mut self, frame: &wire::HubFrame, head: Option<&Head>, now: u64) {
        if let (Some(Frame::Welcome(welcome)), Some(head)) = (&frame.frame, head) {
            let from = welcome.from.as_ref().map_or(0, |mark| mark.position);
            let delivers = !matches!(welcome.verdict(), Verdict::Refill | Verdict::Question);
            self.reached = head.mark.position;
            self.since = (delivers && from < self.reached).then_some(now);
        } else if let Some(mark) = led_to(frame)
            && self.since.is_some()
        {
            self.since = (mark.position < self.reached).then_some(now);
        } else if matches!(frame.frame, Some(Frame::Instruct(_) | Frame::Ended(_))) {
            self.since = None;
        }
    }

    /// When to tell people that mail does not come; none: nothing is due.
    pub fn due(&self) -> Option<u64> {
        Some(self.since? + limits::MAIL_OVERDUE.as_millis() as u64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ed25519_dalek::SigningKey;
    use truc_proto::id::{Hash, Mark, OfficeId};
    use truc_proto::time::Hlc;
    use uuid::Uuid;

    use super::*;

    const HUB: OfficeId = OfficeId(Uuid::from_u128(1));
    const LATE: u64 = limits::MAIL_OVERDUE.as_millis() as u64;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn identity() -> Identity {
        let office = OfficeId(Uuid::from_u128(2));
        Identity {
            office,
            key: SigningKey::from_bytes(&[8; 32]),
            hub: HUB,
            hub_key: key().verifying_key(),
            ring: Default::default(),
        }
    }

    fn mark(position: u64, running: u8) -> Mark {
        Mark { position, running: Hash([running; 32]) }
    }

    fn with(frame: Frame, head: Mark, key: &SigningKey) -> wire::HubFrame {
        let head = Head::sign(HUB, 0, head, Hlc(1), key);
        wire::HubFrame { frame: Some(frame), head: Some(head.to_wire()) }
    }

    fn caught_up(to: Mark) -> Frame {
        Frame::CaughtUp(wire::CaughtUp { mark: Some(to.into()) })
    }

    fn welcome(verdict: Verdict, from: u64) -> Frame {
        let from = Some(mark(from, 1).into());
        Frame::Welcome(wire::Welcome { verdict: verdict.into(), from, ..Default::default() })
    }

    #[test]
    fn a_head_must_be_the_hubs_and_of_the_mail_that_it_comes_with() {
        let good = with(caught_up(mark(20, 2)), mark(16, 1), &key());
        assert_eq!(read(&good, &identity()).unwrap().unwrap().mark, mark(16, 1));
        assert_eq!(
            read(&wire::HubFrame { head: None, ..good.clone() }, &identity()),
            Ok(None),
            "an older hub"
        );
        let others = SigningKey::from_bytes(&[9; 32]);
        assert!(read(&with(caught_up(mark(20, 2)), mark(16, 1), &others), &identity()).is_err());
        assert!(
            read(&with(caught_up(mark(16, 2)), mark(16, 1), &key()), &identity()).is_err(),
            "another hash"
        );
        assert!(
            read(&with(caught_up(mark(15, 2)), mark(16, 1), &key()), &identity()).is_err(),
            "not there yet"
        );
        assert!(read(&with(caught_up(mark(16, 1)), mark(16, 1), &key()), &identity()).is_ok());
    }

    #[test]
    fn mail_that_the_hub_says_it_has_must_come() {
        let mut owed = Owed::default();
        let mut take = |frame: wire::HubFrame, now| {
            let head = read(&frame, &identity()).unwrap();
            owed.take(&frame, head.as_ref(), now);
            owed.due()
        };
        assert_eq!(
            take(with(welcome(Verdict::Continue, 40), mark(40, 1), &key()), 5),
            None,
            "all of it is here"
        );
        assert_eq!(
            take(with(welcome(Verdict::Question, 9), mark(40, 1), &key()), 5),
            None,
            "a person is asked"
        );
        assert_eq!(take(with(welcome(Verdict::Continue, 9), mark(40, 1), &key()), 5), Some(5 + LATE));
        assert_eq!(take(with(caught_up(mark(20, 2)), mark(16, 1), &key()), 70), Some(70 + LATE), "some came");
        assert_eq!(take(with(caught_up(mark(40, 2)), mark(32, 1), &key()), 90), None);
        assert_eq!(take(with(caught_up(mark(50, 2)), mark(48, 1), &key()), 95), None, "news is not owed");
    }
}
