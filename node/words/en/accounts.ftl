### Accounts of an office: signing in, passwords, drafts.

account-name = That is no account name. No account was made. Use 1 to { $limit } characters, a letter first: a-z, digits, dot, hyphen, underscore.
account-shown-wrong = The shown name is empty or too long. Nothing has changed. Correct the name.
account-position-wrong = What somebody signs as has more than two lines or is too long. Nothing has changed. Correct it.
account-role = There is no role { $role } here. Nothing was changed. Choose one of: { $allowed }.
account-exists = There is an account { $name } already. It is as it was. Choose another name.
account-too-many = There are { $limit } accounts, and no more can be made. Nothing was changed. Tell the administrator.
account-unknown = There is no account { $name } here. Nothing was changed. See account list.
figure-silence = An office may be called silent after { $least } minutes to { $most } days. Nothing was saved, the old figure stays. Type another and save.
figure-soon = At most { $most } days may be due soon. Nothing was saved, the old figure stays. Type another and save.
account-last-administrator = { $name } is the only active administrator. Nothing was changed. Appoint another administrator, then try again.
desk-author-unknown = The account { $author } is not active any more. Nothing was written. Sign in again.
author-unknown = { $author } is no active account here. Nothing was written. Name an account with --author; see account list.

## Passwords

password-short = The password is shorter than { $least } characters. The old one stays. Choose a longer one, a few words together for example.
password-long = The password is longer than { $most } characters. The old one stays. Choose a shorter one.
password-common = Many people use this password, so it is easily guessed. The old one stays. Choose another.
password-name = The password contains the account's name. The old one stays. Choose another.
password-same = The new password is the old one. Nothing was changed. Choose another.
password-wrong = { $wait ->
    [0] The present password is not right. Nothing was changed.
   *[other] The present password is not right. Nothing was changed. Try again in { $wait } seconds.
}
password-hash = The password could not be hashed. Nothing was changed. Try again; if it stays so, tell the administrator.

## Signing in

login-begin-anew = This login took too long or is over. You are not signed in. Begin again.
login-crowded = Many people are signing in at once. You are not signed in. Try again in a few seconds.
totp-not-begun = No code was made for an authenticator app. Nothing was changed. Begin again by scanning the code.
totp-wrong = The code is not right, or the clock of this machine or of the telephone is wrong. Nothing was changed, and the picture still holds. Check the clocks and type the code that the app shows now.
factor-none = The account { $name } has no second factor. Nothing was changed.
factor-own = One's own second factor is not taken away here. Nothing was changed. Remove the authenticator or the passkey under Account, Second factor, with the password.
passkey-wrong = The passkey was not accepted. Nothing was changed. Try again, or confirm in another way.
passkey-unknown = There is no such passkey. Nothing was changed. Reload the page to see the list.
passkey-label = The name of the passkey is empty or too long. No passkey was added. Correct the name.
passkey-too-many = The account has { $limit } passkeys. It was not added. Remove one that is not used any more.

## Drafts

draft-too-large = The draft is larger than { $limit }. What was saved before is still there. Move the long part into an attachment.
draft-too-many = There are { $limit } drafts. They are all still there. Drop some that are not needed any more.
draft-of-another = This draft is somebody else's and not shared. It is as it was. Ask its owner to share it.
upload-too-much = Files that were handed in and not sent exceed the { $limit } GB of one account. This file was not saved. Send or remove drafts that have files.

## Labels

account-label = Account
account-shown = Name
account-role-label = Role
account-state = State
account-state-active = active
account-state-disabled = disabled
account-last-login = Last login
account-password-once = Password (shown only once; to be changed at the first login)
role-clerk = clerk
role-specialist = specialist
role-chief = chief
role-observer = observer
role-supervisor = supervisor
role-administrator = administrator
