use crate::{
    api::PhotoPlatform,
    apply::NotMade,
    context::{Context, SecretsSeen},
};
pub(super) async fn ensure(_: &PhotoPlatform, _: &Context) -> Result<SecretsSeen, NotMade> {
    unimplemented!()
}
