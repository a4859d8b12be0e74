//! Signatures: RSA on threads of its own behind a bounded queue, the others in place.
//!
//! A signature keeps a core busy for most of a millisecond: on the threads of the runtime it would stall every other
//! request. So there are as many signing threads as cores, and a queue that says at once when it is full rather than
//! letting callers wait without end.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::keypair::KeyPair;

/// Signatures that may wait for each thread: about 45 ms of work.
pub const QUEUED_PER_THREAD: usize = 64;

/// Why there is no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignError {
    /// The queue is full; the caller may come back in a second.
    Busy,
    /// The key could not sign, or the thread broke off.
    Failed,
}

/// A pool of signing threads; they end when it is dropped.
pub(crate) struct Signer {
    queue: Sender<Job>,
}

struct Job {
    work: Box<dyn FnOnce() -> Option<Vec<u8>> + Send>,
    reply: oneshot::Sender<Option<Vec<u8>>>,
}

impl Signer {
    /// Starts a thread for each core.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(crate) fn start() -> std::io::Result<Self> {
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self::with(threads, threads * QUEUED_PER_THREAD).map(|(signer, _)| signer)
    }

    fn with(threads: usize, queued: usize) -> std::io::Result<(Self, Vec<JoinHandle<()>>)> {
        let (queue, jobs) = bounded(queued);
        let handles = (0..threads)
            .map(|number| {
                let jobs = jobs.clone();
                thread::Builder::new().name(format!("signer-{number}")).spawn(move || work_off(&jobs))
            })
            .collect::<Result<_, _>>()?;
        Ok((Self { queue }, handles))
    }

    /// Signs `input` with the algorithm of `key`: on the threads what is slow, here what takes less time than the way to another thread.
    ///
    /// # Errors
    /// [`SignError`].
    pub(crate) async fn sign(&self, key: &Arc<KeyPair>, input: &str) -> Result<Vec<u8>, SignError> {
        if !key.is_slow() {
            return key.sign(input.as_bytes()).ok_or(SignError::Failed);
        }
        let (key, input) = (Arc::clone(key), input.to_owned());
        self.run(move || key.sign(input.as_bytes())).await
    }

    async fn run(&self, work: impl FnOnce() -> Option<Vec<u8>> + Send + 'static) -> Result<Vec<u8>, SignError> {
        let (reply, answer) = oneshot::channel();
        let job = Job { work: Box::new(work), reply };
        self.queue.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => SignError::Busy,
            TrySendError::Disconnected(_) => SignError::Failed,
        })?;
        answer.await.ok().flatten().ok_or(SignError::Failed)
    }
}

/// Takes jobs until no [`Signer`] is left that could send one.
fn work_off(jobs: &Receiver<Job>) {
    for job in jobs {
        // Whoever asked has gone: the signature would be for nobody.
        if job.reply.is_closed() {
            continue;
        }
        // A panic must cost one answer, not the thread.
        let signature = catch_unwind(AssertUnwindSafe(job.work)).unwrap_or_else(|_| {
            tracing::error!("a signing job panicked");
            None
        });
        // Fails only if the caller has gone meanwhile.
        let _ = job.reply.send(signature);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use model::key::KeyAlg;

    use super::*;

    /// Ends what [`occupy`] began when it is dropped: the jobs wait for `_release`, and `_answers` look awaited till then.
    pub(crate) struct Occupied {
        _release: Sender<()>,
        _answers: Vec<oneshot::Receiver<Option<Vec<u8>>>>,
    }

    /// Keeps all `threads` of `signer` busy and its queue full until the returned value is dropped.
    pub(crate) fn occupy(signer: &Signer, threads: usize) -> Occupied {
        let (release, wait) = bounded::<()>(0);
        let (begun, begins) = bounded::<()>(threads);
        let mut answers = Vec::new();
        let mut send = |signer: &Signer| {
            let (wait, begun) = (wait.clone(), begun.clone());
            let (reply, answer) = oneshot::channel();
            answers.push(answer);
            let work = Box::new(move || {
                let _ = begun.try_send(());
                let _ = wait.recv();
                None
            });
            signer.queue.try_send(Job { work, reply }).is_ok()
        };
        for _ in 0..threads {
            assert!(send(signer));
            begins.recv().unwrap();
        }
        while send(signer) {}
        Occupied {
            _release: release,
            _answers: answers,
        }
    }

    #[tokio::test]
    async fn only_rsa_waits_for_a_thread() {
        let (signer, _) = Signer::with(1, 1).unwrap();
        let occupied = occupy(&signer, 1);
        for (alg, waits) in [
            (KeyAlg::RS256, true),
            (KeyAlg::PS256, true),
            (KeyAlg::ES256, false),
            (KeyAlg::EdDSA, false),
        ] {
            let key = Arc::new(KeyPair::generate(alg).unwrap());
            let refused = signer.sign(&key, "input").await == Err(SignError::Busy);
            assert_eq!(refused, waits, "{alg:?}");
        }
        drop(occupied);
    }

    #[tokio::test]
    async fn a_full_queue_says_so_at_once_and_works_again_later() {
        let (signer, _) = Signer::with(1, 2).unwrap();
        let occupied = occupy(&signer, 1);
        assert_eq!(signer.run(|| Some(vec![1])).await, Err(SignError::Busy));
        drop(occupied);
        let mut answer = signer.run(|| Some(vec![1])).await;
        while answer == Err(SignError::Busy) {
            tokio::task::yield_now().await;
            answer = signer.run(|| Some(vec![1])).await;
        }
        assert_eq!(answer, Ok(vec![1]));
    }

    #[tokio::test]
    async fn a_panic_costs_one_answer() {
        let (signer, _) = Signer::with(1, 1).unwrap();
        assert_eq!(signer.run(|| panic!("on purpose")).await, Err(SignError::Failed));
        assert_eq!(signer.run(|| Some(vec![2])).await, Ok(vec![2]));
    }

    #[test]
    fn threads_end_with_their_handle() {
        let (signer, threads) = Signer::with(2, 1).unwrap();
        drop(signer);
        for thread in threads {
            thread.join().unwrap();
        }
    }
}
