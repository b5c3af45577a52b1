; The installer of the CodeSigning Key Storage Provider, for 64-bit Windows. ksp/installer/build calls
;   makensis -DARTIFACTS=... -DOUTPUT=... codesigning-ksp.nsi
; Silent: codesigning-ksp-setup.exe /S   and   "C:\Program Files\CodeSigning\uninstall.exe" /S
Unicode true
!include LogicLib.nsh
!include x64.nsh

!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\CodeSigningKsp"

Name "CodeSigning Key Storage Provider"
OutFile "${OUTPUT}"
InstallDir "$PROGRAMFILES64\CodeSigning"
RequestExecutionLevel admin
SetCompressor /SOLID lzma
VIProductVersion 1.0.0.0
VIAddVersionKey ProductName "CodeSigning Key Storage Provider"
VIAddVersionKey FileDescription "Installer of the CodeSigning Key Storage Provider"
VIAddVersionKey FileVersion 1.0.0.0
VIAddVersionKey ProductVersion 1.0.0.0
VIAddVersionKey CompanyName CodeSigning
VIAddVersionKey LegalCopyright CodeSigning

Page instfiles
UninstPage uninstConfirm
UninstPage instfiles

Function .onInit
  ${IfNot} ${RunningX64}
    MessageBox MB_OK|MB_ICONSTOP "This needs 64-bit Windows." /SD IDOK
    Abort
  ${EndIf}
  SetRegView 64
FunctionEnd

Function un.onInit
  SetRegView 64
FunctionEnd

Section
  SetOutPath "$INSTDIR"
  File "${ARTIFACTS}/win-x64/codesigning-ksp.dll"
  File "${ARTIFACTS}/win-x64/codesigning-ksp-register.exe"
  SetOutPath "$INSTDIR\x86"
  File "${ARTIFACTS}/win-x86/codesigning-ksp.dll"
  SetOutPath "$INSTDIR"
  nsExec::ExecToLog '"$INSTDIR\codesigning-ksp-register.exe" install'
  Pop $0
  ${If} $0 != 0
    DetailPrint "The provider was not registered: codesigning-ksp-register install ended with $0."
    SetErrorLevel 1
    Abort "The provider was not registered."
  ${EndIf}
  WriteUninstaller "$INSTDIR\uninstall.exe"
  WriteRegStr HKLM "${UNINSTALL_KEY}" DisplayName "CodeSigning Key Storage Provider"
  WriteRegStr HKLM "${UNINSTALL_KEY}" DisplayVersion "1.0.0"
  WriteRegStr HKLM "${UNINSTALL_KEY}" Publisher "CodeSigning"
  WriteRegStr HKLM "${UNINSTALL_KEY}" UninstallString '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${UNINSTALL_KEY}" QuietUninstallString '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" NoModify 1
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" NoRepair 1
SectionEnd

Section Uninstall
  nsExec::ExecToLog '"$INSTDIR\codesigning-ksp-register.exe" uninstall'
  Pop $0
  ${If} $0 != 0
    SetErrorLevel 1
    Abort "The provider is still registered: codesigning-ksp-register uninstall ended with $0."
  ${EndIf}
  Delete "$INSTDIR\codesigning-ksp.dll"
  Delete "$INSTDIR\codesigning-ksp-register.exe"
  Delete "$INSTDIR\x86\codesigning-ksp.dll"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR\x86"
  RMDir "$INSTDIR"
  DeleteRegKey HKLM "${UNINSTALL_KEY}"
SectionEnd
